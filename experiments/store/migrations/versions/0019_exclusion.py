"""experiments that must not overlap, and the leads that one keeps out of another"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

GROUP = sa.String(length=60)
LEAD = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ONE_TEST = "ix_enrolments_exclusion_group_lead_id"


def upgrade() -> None:
    op.add_column("experiments", sa.Column("exclusion_group", GROUP, nullable=True))
    op.add_column("enrolments", sa.Column("exclusion_group", GROUP, nullable=True))
    op.create_index(ONE_TEST, "enrolments", ["exclusion_group", "lead_id"], unique=True)
    op.create_table(
        "kept_out",
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", LEAD, nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_kept_out_experiment_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["experiments.id"], name=op.f("fk_kept_out_first_id")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_kept_out_lead_id")),
        sa.PrimaryKeyConstraint("experiment_id", "lead_id", name=op.f("pk_kept_out")),
    )


def downgrade() -> None:
    op.drop_table("kept_out")
    op.drop_index(ONE_TEST, "enrolments")
    op.drop_column("enrolments", "exclusion_group")
    op.drop_column("experiments", "exclusion_group")
