"""what checks hold a test against, and the actions that define a treatment"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any], str], ...] = (
    ("missing_limit", sa.Double(), "0.05"),
    ("stale_days", sa.Integer(), "7"),
    ("adherence_floor", sa.Double(), "0.5"),
)


def upgrade() -> None:
    for name, kind, default in COLUMNS:
        op.add_column("experiments", sa.Column(name, kind, nullable=False, server_default=default))
    op.create_table(
        "defining_actions",
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_defining_actions_variant_id")
        ),
        sa.PrimaryKeyConstraint("variant_id", "key", name=op.f("pk_defining_actions")),
    )


def downgrade() -> None:
    op.drop_table("defining_actions")
    for name, _kind, _default in COLUMNS[::-1]:
        op.drop_column("experiments", name)
