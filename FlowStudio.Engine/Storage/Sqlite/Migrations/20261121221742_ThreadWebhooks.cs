using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FlowStudio.Engine.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class ThreadWebhooks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "webhook_kind",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "webhook_url",
                table: "thread_runs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "webhook_kind",
                table: "thread_crons",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "webhook_url",
                table: "thread_crons",
                type: "TEXT",
                nullable: true);

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
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "thread_ends");

            migrationBuilder.DropColumn(
                name: "webhook_kind",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "webhook_url",
                table: "thread_runs");

            migrationBuilder.DropColumn(
                name: "webhook_kind",
                table: "thread_crons");

            migrationBuilder.DropColumn(
                name: "webhook_url",
                table: "thread_crons");
        }
    }
}
