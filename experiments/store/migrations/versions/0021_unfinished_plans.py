"""plans that somebody is still writing"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "unfinished_plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("typed", JSON, nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("passed", JSON, nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_unfinished_plans_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unfinished_plans")),
    )
    op.create_index(
        op.f("ix_unfinished_plans_owner_id"), "unfinished_plans", ["owner_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_unfinished_plans_owner_id"), table_name="unfinished_plans")
    op.drop_table("unfinished_plans")
