using System.Reflection;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FlowStudio.Engine.Storage.Sqlite;

/// <summary>What this program knows of schemas, without building EF's model: a start with nothing to do must not pay for it.</summary>
static class StudioMigrations
{
    /// <summary>Tables of the newest schema; a test compares them with the model.</summary>
    public static IReadOnlyList<string> Tables { get; } =
        ["flows", "flow_versions", "deleted_flows", "draft_histories", "runs", "run_events", "threads", "messages", "idempotency_keys", "variables", "api_keys", "bin_requests", "history_marks", "run_rollups", "schedules", "schedule_fires",
            "state_threads", "thread_runs", "checkpoints", "thread_crons", "thread_ends", "deliveries", "delivery_attempts", "assistants", "questions"];

    /// <summary>Ids of all migrations, oldest first.</summary>
    public static IReadOnlyList<string> Known(Assembly assembly) =>
    [
        .. assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Migration)))
            .Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id)
            .OfType<string>()
            .Order(StringComparer.Ordinal),
    ];
}
