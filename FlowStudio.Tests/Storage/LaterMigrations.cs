using FlowStudio.Engine.Storage;
using FlowStudio.Engine.Storage.Sqlite.Migrations;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FlowStudio.Tests.Storage;

// What a later version of the program would bring: the same migrations, and another one.

[DbContext(typeof(StudioDbContext))]
[Migration("20261121115849_Initial")]
public sealed class SameInitial : Initial;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121151051_History")]
public sealed class SameHistory : History;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121152302_ChildRuns")]
public sealed class SameChildRuns : ChildRuns;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121180712_FlowLists")]
public sealed class SameFlowLists : FlowLists;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121182255_Schedules")]
public sealed class SameSchedules : Engine.Storage.Sqlite.Migrations.Schedules;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121182614_DraftHistories")]
public sealed class SameDraftHistories : DraftHistories;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121214324_Threads")]
public sealed class SameThreads : Engine.Storage.Sqlite.Migrations.Threads;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121220000_Callbacks")]
public sealed class SameCallbacks : Engine.Storage.Sqlite.Migrations.Callbacks;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121220510_ThreadCrons")]
public sealed class SameThreadCrons : ThreadCrons;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121221228_ApiKeys")]
public sealed class SameApiKeys : Engine.Storage.Sqlite.Migrations.ApiKeys;

[DbContext(typeof(StudioDbContext))]
[Migration("20261121221742_ThreadWebhooks")]
public sealed class SameThreadWebhooks : ThreadWebhooks;

[DbContext(typeof(StudioDbContext))]
[Migration("20261122001635_Assistants")]
public sealed class SameAssistants : Engine.Storage.Sqlite.Migrations.Assistants;

[DbContext(typeof(StudioDbContext))]
[Migration("20261122002129_Questions")]
public sealed class SameQuestions : Engine.Storage.Sqlite.Migrations.Questions;

[DbContext(typeof(StudioDbContext))]
[Migration(Id)]
public sealed class Later : Migration
{
    public const string Id = "29990101000000_Later";

    /// <summary>Makes the migration fail half-way, for one test at a time.</summary>
    public static readonly AsyncLocal<bool> Breaks = new();

    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("CREATE TABLE later (id INTEGER PRIMARY KEY)");
        if (Breaks.Value)
            migrationBuilder.Sql("INSERT INTO nowhere VALUES (1)");
    }
}

[DbContext(typeof(StudioDbContext))]
sealed class SameSnapshot : StudioDbContextModelSnapshot;
