using System.Text;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>
/// A <see cref="RunFilter"/> as SQL over the index that narrows it most, and a rest that is checked row by row. Every index ends in the id,
/// so rows come newest first without sorting, and a page costs what it shows.
/// </summary>
sealed class RunQuery
{
    /// <summary>Rows looked at for one page when there is a rest: the page may then be short, and its cursor leads on.</summary>
    public const int MaxScan = 20_000;

    /// <summary>The same when several indexes are merged, which takes sorting.</summary>
    const int MaxMerged = 5_000;

    /// <summary>Ids carry the time to the millisecond, taken at almost the same moment as <c>created_at</c>.</summary>
    static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    readonly RunFilter filter;
    readonly byte[]? flowId;
    readonly string[] statuses;
    readonly string[] triggers;
    readonly long from;
    readonly long to;
    readonly List<(string Index, string Where)> branches = [];
    readonly bool hasRest;

    public RunQuery(RunFilter filter)
    {
        this.filter = filter;
        flowId = filter.FlowId is { } id ? GuidBytes.Of(id) : null;
        statuses = [.. filter.Statuses.Distinct().Select(RunNames.Of)];
        triggers = [.. filter.Triggers.Select(RunNames.Of)];
        from = filter.From is { } f ? UnixMicros.Of(f) : long.MinValue;
        to = filter.To is { } t ? UnixMicros.Of(t) : long.MaxValue;
        var rowsOfOthers = Choose();
        hasRest = rowsOfOthers || triggers.Length > 0 || filter.From is not null || filter.To is not null || !string.IsNullOrEmpty(filter.Text);
    }

    /// <summary>How many rows the query gives at most for a page of <paramref name="limit"/>; so many mean that there may be more.</summary>
    public int Rows(int limit) => !hasRest ? limit + 1 : branches.Count > 1 ? MaxMerged : MaxScan;

    /// <summary>At most <paramref name="rows"/> rows below <paramref name="before"/>, newest first; <see cref="Matches"/> is still to be asked.</summary>
    public SqliteCommand Command(SqliteConnection connection, Guid? before, int rows)
    {
        var sql = new StringBuilder();
        if (branches.Count > 1)
            sql.Append("SELECT * FROM (");
        for (var i = 0; i < branches.Count; i++)
        {
            // Each branch in the order of its index: a list of statuses in one WHERE would have to be sorted whole.
            sql.Append(i > 0 ? " UNION ALL SELECT * FROM (" : "SELECT * FROM (");
            sql.Append("SELECT ").Append(RunRows.Columns).Append(" FROM runs INDEXED BY ").Append(branches[i].Index).Append(" WHERE ").Append(branches[i].Where);
            if (before is not null)
                sql.Append(" AND id < @before");
            if (filter.From is not null)
                sql.Append(" AND id >= @low");
            if (filter.To is not null)
                sql.Append(" AND id < @high");
            sql.Append(" ORDER BY id DESC LIMIT @rows)");
        }
        if (branches.Count > 1)
            sql.Append(") ORDER BY id DESC LIMIT @rows");
        return connection.Command(
            sql.ToString(),
            ("@flow", flowId),
            ("@before", before),
            ("@low", filter.From is { } f ? GuidBytes.LowerBound(f - Slack) : null),
            ("@high", filter.To is { } t ? GuidBytes.LowerBound(t + Slack) : null),
            ("@rows", rows));
    }

    /// <summary>Whether a row that the SQL gave belongs to the list.</summary>
    public bool Matches(SqliteDataReader row)
    {
        if (statuses.Length > 0 && !statuses.Contains(row.GetString(RunRows.Status), StringComparer.Ordinal))
            return false;
        if (flowId is not null && !row.GetFieldValue<byte[]>(RunRows.FlowId).AsSpan().SequenceEqual(flowId))
            return false;
        if (row.GetInt64(RunRows.CreatedAt) is var created && (created < from || created >= to))
            return false;
        if (triggers.Length > 0 && !triggers.Contains(row.GetString(RunRows.Trigger), StringComparer.Ordinal))
            return false;
        return string.IsNullOrEmpty(filter.Text) || Has(row.TextOrNull(RunRows.ResultPreview), filter.Text) || Has(row.TextOrNull(RunRows.ErrorMessage), filter.Text);
    }

    /// <summary>Chooses indexes that together have every run wanted, each once; returns whether they have others too.</summary>
    bool Choose()
    {
        if (statuses.Length == 0 || filter.Statuses.Contains(RunStatus.Succeeded))
        {
            branches.Add(flowId is null ? ("sqlite_autoindex_runs_1", "1") : ("ix_runs_flow", "flow_id = @flow"));
            return statuses.Length > 0;
        }
        foreach (var status in filter.Statuses.Distinct().Where(s => s is RunStatus.Failed or RunStatus.Canceled or RunStatus.TimedOut))
            branches.Add(("ix_runs_unsuccessful", $"{RunConfiguration.Unsuccessful} AND status = '{RunNames.Of(status)}'"));
        var unfinished = filter.Statuses.Distinct().Count(s => !RunNames.IsFinal(s));
        if (unfinished > 0)
            branches.Add(("ix_runs_unfinished", RunConfiguration.Unfinished));
        return flowId is not null || unfinished is 1 or 2;
    }

    static bool Has(string? text, string wanted) => text?.Contains(wanted, StringComparison.OrdinalIgnoreCase) ?? false;
}
