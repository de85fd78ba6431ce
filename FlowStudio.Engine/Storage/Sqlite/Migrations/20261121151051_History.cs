using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FlowStudio.Engine.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class History : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_runs_unfinished",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_unsuccessful",
                table: "runs");

            migrationBuilder.AddColumn<long>(
                name: "ended_seq",
                table: "runs",
                type: "INTEGER",
                nullable: true);

            // Runs that ended before get their numbers in the order they came.
            migrationBuilder.Sql("UPDATE runs SET ended_seq = rowid WHERE finished_at IS NOT NULL");

            migrationBuilder.CreateTable(
                name: "history_marks",
                columns: table => new
                {
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    value = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_history_marks", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "run_rollups",
                columns: table => new
                {
                    step = table.Column<int>(type: "INTEGER", nullable: false),
                    flow_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    succeeded = table.Column<long>(type: "INTEGER", nullable: false),
                    failed = table.Column<long>(type: "INTEGER", nullable: false),
                    canceled = table.Column<long>(type: "INTEGER", nullable: false),
                    timed_out = table.Column<long>(type: "INTEGER", nullable: false),
                    tokens_in = table.Column<long>(type: "INTEGER", nullable: false),
                    tokens_out = table.Column<long>(type: "INTEGER", nullable: false),
                    durations = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_run_rollups", x => new { x.step, x.flow_id, x.at });
                });

            migrationBuilder.CreateIndex(
                name: "ix_runs_ended",
                table: "runs",
                columns: new[] { "status", "trigger", "id" },
                filter: "status IN ('succeeded','failed','canceled','timed_out')");

            migrationBuilder.CreateIndex(
                name: "ix_runs_ended_seq",
                table: "runs",
                column: "ended_seq",
                filter: "ended_seq IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_runs_flow_ended",
                table: "runs",
                columns: new[] { "flow_id", "status", "trigger", "id" },
                filter: "status IN ('succeeded','failed','canceled','timed_out')");

            migrationBuilder.CreateIndex(
                name: "ix_runs_unfinished",
                table: "runs",
                columns: new[] { "status", "trigger", "id", "flow_id" },
                filter: "status IN ('queued','running','waiting')");

            migrationBuilder.CreateIndex(
                name: "ix_run_rollups_age",
                table: "run_rollups",
                columns: new[] { "step", "at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "history_marks");

            migrationBuilder.DropTable(
                name: "run_rollups");

            migrationBuilder.DropIndex(
                name: "ix_runs_ended",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_ended_seq",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_flow_ended",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_unfinished",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "ended_seq",
                table: "runs");

            migrationBuilder.CreateIndex(
                name: "ix_runs_unfinished",
                table: "runs",
                column: "id",
                filter: "status IN ('queued','running','waiting')");

            migrationBuilder.CreateIndex(
                name: "ix_runs_unsuccessful",
                table: "runs",
                columns: new[] { "status", "id" },
                filter: "status IN ('failed','canceled','timed_out')");
        }
    }
}
