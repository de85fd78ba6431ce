using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FlowStudio.Engine.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class ChildRuns : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<byte[]>(
                name: "child_key",
                table: "runs",
                type: "BLOB",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "depth",
                table: "runs",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<byte[]>(
                name: "parent_run_id",
                table: "runs",
                type: "BLOB",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_runs_child_key",
                table: "runs",
                columns: new[] { "child_key", "id" },
                filter: "child_key IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_runs_parent",
                table: "runs",
                column: "parent_run_id",
                filter: "parent_run_id IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_runs_child_key",
                table: "runs");

            migrationBuilder.DropIndex(
                name: "ix_runs_parent",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "child_key",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "depth",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "parent_run_id",
                table: "runs");
        }
    }
}
