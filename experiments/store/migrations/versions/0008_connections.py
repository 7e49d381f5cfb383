"""connections to CRMs, and what they send"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _connections()
    _deliveries()


def downgrade() -> None:
    for table in (
        "delivery_faults",
        "delivery_readings",
        "delivery_turns",
        "deliveries",
        "connection_pipelines",
        "connections",
        "rep_words",
    ):
        op.drop_table(table)


def _connections() -> None:
    op.create_table(
        "rep_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=120), nullable=False),
        sa.Column("rep_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["rep_id"], ["reps.id"], name=op.f("fk_rep_words_rep_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rep_words")),
        sa.UniqueConstraint("word", name=op.f("uq_rep_words_word")),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("organization", sa.String(length=18), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("api_url", sa.String(length=300), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("variant_field", sa.String(length=120), nullable=False),
        sa.Column("writes_tasks", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("name", name=op.f("uq_connections_name")),
    )
    op.create_table(
        "connection_pipelines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=200), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_connection_pipelines_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["process_id"], ["processes.id"], name=op.f("fk_connection_pipelines_process_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_pipelines")),
        sa.UniqueConstraint(
            "connection_id", "word", name=op.f("uq_connection_pipelines_connection_id_word")
        ),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_deliveries_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_connection_id"), "deliveries", ["connection_id"])
    op.create_table(
        "delivery_turns",
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_turns_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_delivery_turns")),
    )
    op.create_index(op.f("ix_delivery_turns_due_at"), "delivery_turns", ["due_at"])
    op.create_table(
        "delivery_readings",
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("accepted", "repeated", "waiting", "passed", "faults")
        ),
        sa.Column("set_aside_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_readings_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_delivery_readings")),
    )
    op.create_index(op.f("ix_delivery_readings_faults"), "delivery_readings", ["faults"])
    op.create_table(
        "delivery_faults",
        sa.Column("id", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery_readings.delivery_id"],
            name=op.f("fk_delivery_faults_delivery_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_faults")),
    )
    op.create_index(op.f("ix_delivery_faults_delivery_id"), "delivery_faults", ["delivery_id"])
