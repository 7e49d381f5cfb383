"""decisions that wait for a second person"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=24), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=True),
        sa.Column("recommended", sa.String(length=24), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_proposals_by_id")),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_proposals_experiment_id")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_proposals_variant_id")
        ),
        sa.PrimaryKeyConstraint("experiment_id", name=op.f("pk_proposals")),
    )
    with op.batch_alter_table("decisions") as table:
        table.add_column(sa.Column("seconded_by_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_decisions_seconded_by_id"), "users", ["seconded_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("decisions") as table:
        table.drop_constraint(op.f("fk_decisions_seconded_by_id"), type_="foreignkey")
        table.drop_column("seconded_by_id")
    op.drop_table("proposals")
