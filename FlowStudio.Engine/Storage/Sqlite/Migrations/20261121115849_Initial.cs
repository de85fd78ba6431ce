using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FlowStudio.Engine.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "bin_requests",
                columns: table => new
                {
                    id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    bin = table.Column<string>(type: "TEXT", nullable: false),
                    method = table.Column<string>(type: "TEXT", nullable: false),
                    path = table.Column<string>(type: "TEXT", nullable: false),
                    query = table.Column<string>(type: "TEXT", nullable: false),
                    headers = table.Column<string>(type: "TEXT", nullable: false),
                    body = table.Column<byte[]>(type: "BLOB", nullable: false),
                    content_type = table.Column<string>(type: "TEXT", nullable: true),
                    at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_bin_requests", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "flow_versions",
                columns: table => new
                {
                    id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    flow_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: true),
                    hash = table.Column<string>(type: "TEXT", nullable: false),
                    document = table.Column<string>(type: "TEXT", nullable: false),
                    note = table.Column<string>(type: "TEXT", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_flow_versions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "flows",
                columns: table => new
                {
                    id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false, collation: "NOCASE"),
                    description = table.Column<string>(type: "TEXT", nullable: false),
                    endpoint_name = table.Column<string>(type: "TEXT", nullable: true),
                    tags = table.Column<string>(type: "TEXT", nullable: false),
                    enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    webhook_access = table.Column<string>(type: "TEXT", nullable: false),
                    limits = table.Column<string>(type: "TEXT", nullable: false),
                    draft = table.Column<string>(type: "TEXT", nullable: false),
                    draft_revision = table.Column<int>(type: "INTEGER", nullable: false),
                    live_version = table.Column<int>(type: "INTEGER", nullable: true),
                    owner_id = table.Column<string>(type: "TEXT", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_flows", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "idempotency_keys",
                columns: table => new
                {
                    flow_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    key = table.Column<string>(type: "TEXT", nullable: false),
                    body_hash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    run_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_idempotency_keys", x => new { x.flow_id, x.key });
                });

            migrationBuilder.CreateTable(
                name: "messages",
                columns: table => new
                {
                    id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    thread_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    run_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    node_id = table.Column<string>(type: "TEXT", nullable: false),
                    sender = table.Column<string>(type: "TEXT", nullable: false),
                    sender_name = table.Column<string>(type: "TEXT", nullable: false),
                    text = table.Column<string>(type: "TEXT", nullable: false),
                    json = table.Column<string>(type: "TEXT", nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_messages", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "run_events",
                columns: table => new
                {
                    run_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    seq = table.Column<long>(type: "INTEGER", nullable: false),
                    to_seq = table.Column<long>(type: "INTEGER", nullable: false),
                    lines = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_run_events", x => new { x.run_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "runs",
                columns: table => new
                {
                    id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    flow_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    flow_version_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    flow_version = table.Column<int>(type: "INTEGER", nullable: true),
                    status = table.Column<string>(type: "TEXT", nullable: false),
                    trigger = table.Column<string>(type: "TEXT", nullable: false),
                    thread_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    replay_of = table.Column<byte[]>(type: "BLOB", nullable: true),
                    root_run_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    started_at = table.Column<long>(type: "INTEGER", nullable: true),
                    finished_at = table.Column<long>(type: "INTEGER", nullable: true),
                    wake_at = table.Column<long>(type: "INTEGER", nullable: true),
                    crashes = table.Column<int>(type: "INTEGER", nullable: false, defaultValue: 0),
                    error_code = table.Column<string>(type: "TEXT", nullable: true),
                    error_message = table.Column<string>(type: "TEXT", nullable: true),
                    error_node = table.Column<string>(type: "TEXT", nullable: true),
                    error_remedy = table.Column<string>(type: "TEXT", nullable: true),
                    result_preview = table.Column<string>(type: "TEXT", nullable: true),
                    tokens_in = table.Column<long>(type: "INTEGER", nullable: false, defaultValue: 0L),
                    tokens_out = table.Column<long>(type: "INTEGER", nullable: false, defaultValue: 0L)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_runs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "threads",
                columns: table => new
                {
                    id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    flow_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    external_key = table.Column<string>(type: "TEXT", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_threads", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "variables",
                columns: table => new
                {
                    scope = table.Column<string>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    secret = table.Column<bool>(type: "INTEGER", nullable: false),
                    value = table.Column<byte[]>(type: "BLOB", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_variables", x => new { x.scope, x.name });
                });

            migrationBuilder.CreateIndex(
                name: "ix_bin_requests_bin",
                table: "bin_requests",
                columns: new[] { "bin", "id" });

            migrationBuilder.CreateIndex(
                name: "ux_flow_versions_number",
                table: "flow_versions",
                columns: new[] { "flow_id", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ux_flow_versions_snapshot",
                table: "flow_versions",
                columns: new[] { "flow_id", "hash" },
                unique: true,
                filter: "number IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_flows_name",
                table: "flows",
                columns: new[] { "name", "id" });

            migrationBuilder.CreateIndex(
                name: "ux_flows_endpoint_name",
                table: "flows",
                column: "endpoint_name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_idempotency_keys_age",
                table: "idempotency_keys",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_messages_thread",
                table: "messages",
                columns: new[] { "thread_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_runs_flow",
                table: "runs",
                columns: new[] { "flow_id", "id" });

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

            migrationBuilder.CreateIndex(
                name: "ix_runs_wake",
                table: "runs",
                column: "wake_at",
                filter: "status='waiting' AND wake_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ux_threads_external_key",
                table: "threads",
                columns: new[] { "flow_id", "external_key" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "bin_requests");

            migrationBuilder.DropTable(
                name: "flow_versions");

            migrationBuilder.DropTable(
                name: "flows");

            migrationBuilder.DropTable(
                name: "idempotency_keys");

            migrationBuilder.DropTable(
                name: "messages");

            migrationBuilder.DropTable(
                name: "run_events");

            migrationBuilder.DropTable(
                name: "runs");

            migrationBuilder.DropTable(
                name: "threads");

            migrationBuilder.DropTable(
                name: "variables");
        }
    }
}
