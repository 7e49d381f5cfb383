"""what a token opens of all that its user may do"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("scope", sa.String(length=24), nullable=False, server_default="all")
    op.add_column("api_tokens", column)


def downgrade() -> None:
    op.drop_column("api_tokens", "scope")
