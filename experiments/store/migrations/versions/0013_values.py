"""metrics beside milestones, and how wins are valued"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
BESIDE = '["qualified", "demo", "proposal", "won"]'


def upgrade() -> None:
    op.add_column("experiments", sa.Column("cap_minor", sa.BigInteger(), nullable=True))
    columns = (
        sa.Column("metric", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("secondary", JSON, nullable=False, server_default=BESIDE),
        sa.Column("rates", JSON, nullable=False, server_default="{}"),
    )
    for column in columns:
        op.add_column("experiments", column)
    op.execute("UPDATE experiments SET metric = milestone")
    with op.batch_alter_table("guardrails") as guardrails:
        guardrails.alter_column(
            "milestone", new_column_name="metric", type_=sa.String(length=40), nullable=False
        )


def downgrade() -> None:
    with op.batch_alter_table("guardrails") as guardrails:
        guardrails.alter_column(
            "metric", new_column_name="milestone", type_=sa.String(length=24), nullable=False
        )
    for name in ("rates", "secondary", "metric", "cap_minor"):
        op.drop_column("experiments", name)
