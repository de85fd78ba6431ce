using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FlowStudio.Engine.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class FlowLists : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "component_types",
                table: "flows",
                type: "TEXT",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.CreateTable(
                name: "deleted_flows",
                columns: table => new
                {
                    id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    deleted_at = table.Column<long>(type: "INTEGER", nullable: false),
                    flow = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_deleted_flows", x => x.id);
                });

            // The column of flows that are there already, from their documents.
            migrationBuilder.Sql(
                """
                UPDATE flows SET component_types = (
                    SELECT json_group_array(type) FROM (
                        SELECT json_extract(value, '$.type') AS type, min(key) AS first FROM json_each(flows.draft, '$.nodes') GROUP BY 1 ORDER BY 2))
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "deleted_flows");

            migrationBuilder.DropColumn(
                name: "component_types",
                table: "flows");
        }
    }
}
