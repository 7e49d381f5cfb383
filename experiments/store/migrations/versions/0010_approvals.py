"""a second person's approval of plans; experiments put away"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "company",
        sa.Column("second_approval", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("experiments", sa.Column("archived_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "approvals",
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("draft_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_approvals_by_id")),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_approvals_experiment_id")
        ),
        sa.PrimaryKeyConstraint("experiment_id", "by_id", name=op.f("pk_approvals")),
    )


def downgrade() -> None:
    op.drop_table("approvals")
    op.drop_column("experiments", "archived_at")
    op.drop_column("company", "second_approval")
