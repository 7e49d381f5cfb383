"""planned looks, guardrails, designs of a split"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, default in (("design", "complete"), ("spending", "obrien-fleming")):
        column = sa.Column(name, sa.String(length=24), nullable=False, server_default=default)
        op.add_column("experiments", column)
    op.add_column(
        "experiments", sa.Column("looks", sa.Integer(), nullable=False, server_default="1")
    )
    op.create_table(
        "guardrails",
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("milestone", sa.String(length=24), nullable=False),
        sa.Column("margin", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_guardrails_experiment_id")
        ),
        sa.PrimaryKeyConstraint("experiment_id", "milestone", name=op.f("pk_guardrails")),
    )
    op.create_table(
        "looks",
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("matured_through_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_looks_by_id")),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_looks_experiment_id")
        ),
        sa.PrimaryKeyConstraint("experiment_id", "number", name=op.f("pk_looks")),
    )


def downgrade() -> None:
    op.drop_table("looks")
    op.drop_table("guardrails")
    for name in ("looks", "spending", "design"):
        op.drop_column("experiments", name)
