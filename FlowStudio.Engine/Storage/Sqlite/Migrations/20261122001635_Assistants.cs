using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FlowStudio.Engine.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Assistants : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // What is kept of an end for messages about it has another key now. Of ends that are told this moment the message is lost, and only that.
            migrationBuilder.DropTable(
                name: "thread_ends");

            migrationBuilder.CreateTable(
                name: "thread_ends",
                columns: table => new
                {
                    run_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    native_run_id = table.Column<byte[]>(type: "BLOB", nullable: true),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    run = table.Column<string>(type: "TEXT", nullable: false),
                    values = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_thread_ends", x => x.run_id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_thread_ends_run",
                table: "thread_ends",
                column: "native_run_id");

            migrationBuilder.AddColumn<string>(
                name: "answers",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "assistant_id",
                table: "thread_runs",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "continues",
                table: "thread_runs",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<long>(
                name: "from_seq",
                table: "thread_runs",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "interrupts",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "presets",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "resume",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "stops",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "until_seq",
                table: "thread_runs",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "update",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "waited",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "assistant_id",
                table: "thread_crons",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "presets",
                table: "thread_crons",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "stops",
                table: "thread_crons",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "interrupts",
                table: "state_threads",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "ttl_keep_latest",
                table: "state_threads",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<double>(
                name: "ttl_minutes",
                table: "state_threads",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "waiting_run_id",
                table: "state_threads",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "waiting_seq",
                table: "state_threads",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "interrupts",
                table: "checkpoints",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "assistants",
                columns: table => new
                {
                    id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    is_latest = table.Column<bool>(type: "INTEGER", nullable: false),
                    flow_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    description = table.Column<string>(type: "TEXT", nullable: true),
                    config = table.Column<string>(type: "TEXT", nullable: false),
                    context = table.Column<string>(type: "TEXT", nullable: false),
                    metadata = table.Column<string>(type: "TEXT", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_assistants", x => new { x.id, x.version });
                });

            migrationBuilder.CreateIndex(
                name: "ix_state_threads_ttl",
                table: "state_threads",
                column: "ttl_minutes",
                filter: "ttl_minutes IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_state_threads_waiting",
                table: "state_threads",
                column: "waiting_run_id",
                filter: "waiting_run_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ux_assistants_latest",
                table: "assistants",
                column: "id",
                unique: true,
                filter: "is_latest");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "thread_ends");

            migrationBuilder.CreateTable(
                name: "thread_ends",
                columns: table => new
                {
                    native_run_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    run = table.Column<string>(type: "TEXT", nullable: false),
                    values = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_thread_ends", x => x.native_run_id);
                });

            migrationBuilder.DropTable(
                name: "assistants");

            migrationBuilder.DropIndex(
                name: "ix_state_threads_ttl",
                table: "state_threads");

            migrationBuilder.DropIndex(
                name: "ix_state_threads_waiting",
                table: "state_threads");

            migrationBuilder.DropColumn(
                name: "answers",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "assistant_id",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "continues",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "from_seq",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "interrupts",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "presets",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "resume",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "stops",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "until_seq",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "update",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "waited",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "assistant_id",
                table: "thread_crons");

            migrationBuilder.DropColumn(
                name: "presets",
                table: "thread_crons");

            migrationBuilder.DropColumn(
                name: "stops",
                table: "thread_crons");

            migrationBuilder.DropColumn(
                name: "interrupts",
                table: "state_threads");

            migrationBuilder.DropColumn(
                name: "ttl_keep_latest",
                table: "state_threads");

            migrationBuilder.DropColumn(
                name: "ttl_minutes",
                table: "state_threads");

            migrationBuilder.DropColumn(
                name: "waiting_run_id",
                table: "state_threads");

            migrationBuilder.DropColumn(
                name: "waiting_seq",
                table: "state_threads");

            migrationBuilder.DropColumn(
                name: "interrupts",
                table: "checkpoints");
        }
    }
}
