"""reps who join a running test"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("experiments", sa.Column("join_rule", sa.String(length=24), nullable=True))
    with op.batch_alter_table("assignments") as table:
        table.add_column(sa.Column("arrival", sa.Integer(), nullable=True))
        table.create_unique_constraint(
            op.f("uq_assignments_experiment_id_arrival"), ["experiment_id", "arrival"]
        )


def downgrade() -> None:
    with op.batch_alter_table("assignments") as table:
        table.drop_constraint(op.f("uq_assignments_experiment_id_arrival"), type_="unique")
        table.drop_column("arrival")
    op.drop_column("experiments", "join_rule")
