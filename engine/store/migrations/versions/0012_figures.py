"""Figures kept up from the history: per element, flow, case, task and day; how far each case is in them."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0012"
down_revision = "engine_0011"
branch_labels = None
depends_on = None

DURATIONS = (
    ("shortest", sa.BigInteger()),
    ("longest", sa.BigInteger()),
    ("spread", sa.LargeBinary()),
)
ELEMENT = (
    "entered", "iterations", "left", "cancelled", "again",
    "present", "present_since", "reached", "incidents", "total_ms",
)  # fmt: skip
TABLES: tuple[tuple[str, tuple[str, ...], tuple[str, ...], bool], ...] = (
    ("statistic_element", ("element",), ELEMENT, True),
    ("statistic_flow", ("flow",), ("taken",), False),
    ("statistic_case", ("what", "element"), ("cases", "total_ms"), True),
    (
        "statistic_task",
        ("element", "team", "person"),
        ("completed", "worked_ms", "held_ms", "on_time", "late"),
        True,
    ),
    ("statistic_reminder", (), ("planned", "punctual"), False),
)
"""Table, what it is about, sums, whether it has durations."""


def upgrade() -> None:
    for table, names, sums, durations in TABLES:
        op.create_table(
            table,
            sa.Column("definition_id", sa.BigInteger(), autoincrement=False, nullable=False),
            *(sa.Column(name, sa.String(255), nullable=False) for name in names),
            sa.Column("day", sa.Date(), nullable=False),
            sa.Column("settled", sa.Boolean(), nullable=False),
            *(sa.Column(name, sa.BigInteger(), nullable=False) for name in sums),
            *(sa.Column(name, kind) for name, kind in DURATIONS if durations),
            sa.PrimaryKeyConstraint("definition_id", *names, "day", "settled", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "statistic_cursor",
        sa.Column("instance_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_statistic_cursor")),
    )
    op.create_table(
        "statistic_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistic_mark")),
    )
    op.create_index(op.f("ix_incident_at"), "incident", ["at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_incident_at"), table_name="incident")
    for table in ("statistic_mark", "statistic_cursor", *(name for name, *_ in reversed(TABLES))):
        op.drop_table(table)
