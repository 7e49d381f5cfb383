"""reps who follow both variants in turn"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OLD = "uq_assignments_experiment_id_unit"
NEW = "uq_assignments_experiment_id_unit_period"


def upgrade() -> None:
    op.add_column("experiments", sa.Column("washout_days", sa.Integer(), nullable=True))
    with op.batch_alter_table("assignments") as table:
        table.add_column(sa.Column("period", sa.Integer(), nullable=False, server_default="0"))
        table.drop_constraint(op.f(OLD), type_="unique")
        table.create_unique_constraint(op.f(NEW), ["experiment_id", "unit", "period"])


def downgrade() -> None:
    with op.batch_alter_table("assignments") as table:
        table.drop_constraint(op.f(NEW), type_="unique")
        table.drop_column("period")
        table.create_unique_constraint(op.f(OLD), ["experiment_id", "unit"])
    op.drop_column("experiments", "washout_days")
