"""after how many days a lead stands too long in a stage, and which process a rep has read"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stages", sa.Column("rotting_days", sa.Integer(), nullable=True))
    op.create_table(
        "process_readings",
        sa.Column("rep_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("fk_process_readings_rep_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["process_versions.id"], name=op.f("fk_process_readings_version_id")
        ),
        sa.PrimaryKeyConstraint("rep_id", name=op.f("pk_process_readings")),
    )


def downgrade() -> None:
    op.drop_table("process_readings")
    op.drop_column("stages", "rotting_days")
