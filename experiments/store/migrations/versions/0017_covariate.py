"""the value from before that a test takes account of"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("experiments", sa.Column("covariate", sa.String(length=24), nullable=True))


def downgrade() -> None:
    op.drop_column("experiments", "covariate")
