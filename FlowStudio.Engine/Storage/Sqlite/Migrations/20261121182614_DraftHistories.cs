using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FlowStudio.Engine.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class DraftHistories : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "draft_histories",
                columns: table => new
                {
                    flow_id = table.Column<byte[]>(type: "BLOB", nullable: false),
                    revision = table.Column<int>(type: "INTEGER", nullable: false),
                    steps = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_draft_histories", x => x.flow_id);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "draft_histories");
        }
    }
}
