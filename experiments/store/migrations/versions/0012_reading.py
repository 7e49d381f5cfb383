"""the language and calendar that a person reads in"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, size, default in (("language", 12, ""), ("calendar", 24, "gregorian")):
        column = sa.Column(name, sa.String(length=size), nullable=False, server_default=default)
        op.add_column("users", column)


def downgrade() -> None:
    op.drop_column("users", "calendar")
    op.drop_column("users", "language")
