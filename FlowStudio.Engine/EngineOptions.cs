using System.Globalization;

namespace FlowStudio.Engine;

/// <summary>The engine's settings: section <c>FlowStudio</c>. Every key states its unit, default and range; <see cref="Validate"/> names every bad one at once.</summary>
public sealed class EngineOptions
{
    public const string Section = "FlowStudio";

    /// <summary>The folder of the database and the keys. Default: <c>FlowStudio</c> in the user's local application data.</summary>
    public string DataDirectory { get; set; } = DefaultDataDirectory();

    public RunnerOptions Runner { get; set; } = new();

    public QueueOptions Queue { get; set; } = new();

    public JournalOptions Journal { get; set; } = new();

    public IntakeOptions Intake { get; set; } = new();

    public RetentionOptions Retention { get; set; } = new();

    public ScheduleOptions Schedules { get; set; } = new();

    public Callbacks.CallbackOptions Callbacks { get; set; } = new();

    public Egress.EgressOptions Egress { get; set; } = new();

    public VariableOptions Variables { get; set; } = new();

    public Files.FileOptions Files { get; set; } = new();

    /// <summary>Every key with a bad value: what it is, and what to write instead.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory))
            yield return $"{Section}:DataDirectory is empty. Give the path of a folder that the server may write to.";
        else if (DataDirectory.Contains('\0', StringComparison.Ordinal))
            yield return $"{Section}:DataDirectory is no path: it has a NUL character.";
        foreach (var problem in Runner.Validate().Concat(Queue.Validate()).Concat(Journal.Validate()).Concat(Intake.Validate()).Concat(Retention.Validate()).Concat(Schedules.Validate()).Concat(Callbacks.Validate()).Concat(Egress.Validate()).Concat(Variables.Validate()).Concat(Files.Validate()))
            yield return problem;
    }

    static string DefaultDataDirectory()
    {
        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(local.Length > 0 ? local : AppContext.BaseDirectory, "FlowStudio");
    }

    internal static string? OutOfRange(string key, double value, double min, double max, string unit) =>
        value >= min && value <= max ? null : string.Create(CultureInfo.InvariantCulture, $"{Section}:{key} is {value}. Give {unit} between {min} and {max}.");
}

/// <summary>How runs are worked off: <c>FlowStudio:Runner</c>.</summary>
public sealed class RunnerOptions
{
    /// <summary>Runs at work at the same time in this process; waiting ones do not count. Default 256, 1 to 10,000.</summary>
    public int MaxConcurrentRuns { get; set; } = 256;

    /// <summary>Accept runs, but start none until restarted without this. Default false.</summary>
    public bool Paused { get; set; }

    /// <summary>Seconds a run may work when its flow says nothing; waiting does not count. Default 3,600; 1 to 604,800.</summary>
    public double RunTimeoutSeconds { get; set; } = 3600;

    /// <summary>How often a failed attempt is repeated when node and flow say nothing. Default 4, 0 to 20.</summary>
    public int Retries { get; set; } = 4;

    /// <summary>Seconds before the first repeat; doubles each time, with jitter. Default 1; 0.01 to 60.</summary>
    public double RetryDelaySeconds { get; set; } = 1;

    /// <summary>The longest pause between attempts, in seconds, unless the other side asks for more. Default 100; 1 to 3,600.</summary>
    public double MaxRetryDelaySeconds { get; set; } = 100;

    /// <summary>Seconds that stopping waits for runs at work before it notes them as interrupted. Default 20, 0 to 600.</summary>
    public double DrainSeconds { get; set; } = 20;

    /// <summary>In flight at so many crashes in a row, a run is set aside as failed. Default 3, 1 to 100.</summary>
    public int CrashLimit { get; set; } = 3;

    /// <summary>The largest output of one node, in bytes of JSON. Default 16 MiB; 1 KiB to 256 MiB.</summary>
    public long MaxOutputBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Runs inside each other at most: one that Run Flow starts is one deeper than its parent. Default 10, 1 to 100.</summary>
    public int MaxDepth { get; set; } = 10;

    internal IEnumerable<string> Validate() => ((string?[])
    [
        EngineOptions.OutOfRange("Runner:MaxDepth", MaxDepth, 1, 100, "a number"),
        EngineOptions.OutOfRange("Runner:MaxConcurrentRuns", MaxConcurrentRuns, 1, 10_000, "a number"),
        EngineOptions.OutOfRange("Runner:RunTimeoutSeconds", RunTimeoutSeconds, 1, 604_800, "seconds"),
        EngineOptions.OutOfRange("Runner:Retries", Retries, 0, 20, "a number"),
        EngineOptions.OutOfRange("Runner:RetryDelaySeconds", RetryDelaySeconds, 0.01, 60, "seconds"),
        EngineOptions.OutOfRange("Runner:MaxRetryDelaySeconds", MaxRetryDelaySeconds, 1, 3600, "seconds"),
        EngineOptions.OutOfRange("Runner:DrainSeconds", DrainSeconds, 0, 600, "seconds"),
        EngineOptions.OutOfRange("Runner:CrashLimit", CrashLimit, 1, 100, "a number"),
        EngineOptions.OutOfRange("Runner:MaxOutputBytes", MaxOutputBytes, 1024, 256L * 1024 * 1024, "bytes"),
    ]).OfType<string>();
}

/// <summary>Runs that wait for their turn: <c>FlowStudio:Queue</c>.</summary>
public sealed class QueueOptions
{
    /// <summary>Runs that may wait; beyond it callers get 429. Default 1,000,000; 1 to 100,000,000.</summary>
    public int Capacity { get; set; } = 1_000_000;

    internal IEnumerable<string> Validate() => ((string?[])[EngineOptions.OutOfRange("Queue:Capacity", Capacity, 1, 100_000_000, "a number")]).OfType<string>();
}

/// <summary>The one writer: <c>FlowStudio:Journal</c>.</summary>
public sealed class JournalOptions
{
    /// <summary>Entries that share one transaction at most. Default 2,048; 1 to 100,000.</summary>
    public int MaxGroup { get; set; } = 2048;

    /// <summary>Milliseconds after which a run's events are stored even when nothing demands it. Default 500; 10 to 60,000.</summary>
    public double FlushMilliseconds { get; set; } = 500;

    internal IEnumerable<string> Validate() => ((string?[])
    [
        EngineOptions.OutOfRange("Journal:MaxGroup", MaxGroup, 1, 100_000, "a number"),
        EngineOptions.OutOfRange("Journal:FlushMilliseconds", FlushMilliseconds, 10, 60_000, "milliseconds"),
    ]).OfType<string>();
}

/// <summary>What comes in: <c>FlowStudio:Intake</c>.</summary>
public sealed class IntakeOptions
{
    /// <summary>The largest request body, in bytes. Default 16 MiB; 1 KiB to 1 GiB.</summary>
    public long MaxBodyBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Hours an idempotency key is remembered. Default 24; 1 to 720.</summary>
    public double IdempotencyHours { get; set; } = 24;

    internal IEnumerable<string> Validate() => ((string?[])
    [
        EngineOptions.OutOfRange("Intake:MaxBodyBytes", MaxBodyBytes, 1024, 1024L * 1024 * 1024, "bytes"),
        EngineOptions.OutOfRange("Intake:IdempotencyHours", IdempotencyHours, 1, 720, "hours"),
    ]).OfType<string>();
}

/// <summary>How long ended runs are kept: <c>FlowStudio:Retention</c>. Without it they are kept until somebody deletes them. A flow's own limits go before.</summary>
public sealed class RetentionOptions
{
    /// <summary>Days after its end that a run is kept. Default: for ever; 0.01 to 36,500.</summary>
    public double? KeepDays { get; set; }

    /// <summary>Runs that are kept, of all flows together; beyond it the oldest ended ones go. Default: all; 1 to 1,000,000,000.</summary>
    public int? KeepRuns { get; set; }

    internal IEnumerable<string> Validate() => ((string?[])
    [
        KeepDays is { } days ? EngineOptions.OutOfRange("Retention:KeepDays", days, 0.01, 36_500, "days") : null,
        KeepRuns is { } runs ? EngineOptions.OutOfRange("Retention:KeepRuns", runs, 1, 1_000_000_000, "a number") : null,
    ]).OfType<string>();
}

/// <summary>Runs by the clock: <c>FlowStudio:Schedules</c>.</summary>
public sealed class ScheduleOptions
{
    /// <summary>Keep schedules, but start nothing until restarted without this; times that go by meanwhile count as missed. Default false.</summary>
    public bool Paused { get; set; }

    /// <summary>Lines of its history that are kept of each schedule. Default 1,000; 10 to 100,000.</summary>
    public int KeepFires { get; set; } = 1000;

    internal IEnumerable<string> Validate() => ((string?[])[EngineOptions.OutOfRange("Schedules:KeepFires", KeepFires, 10, 100_000, "a number")]).OfType<string>();
}

/// <summary>Variables from the environment: <c>FlowStudio:Variables</c>.</summary>
public sealed class VariableOptions
{
    /// <summary>
    /// Environment variables that flows may read by their own name, as secrets; a <c>…_BASE_URL</c> without user or query is an ordinary value.
    /// Others need the prefix <c>FLOWSTUDIO_VAR_</c>.
    /// </summary>
    public IList<string> FromEnvironment { get; set; } = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OLLAMA_BASE_URL", "TAVILY_API_KEY"];

    internal IEnumerable<string> Validate() => FromEnvironment.Where(n => !Components.VariableReference.IsName(n))
        .Select(n => $"{EngineOptions.Section}:Variables:FromEnvironment has '{n}', which is no name of a variable. Give letters, digits and underscores, 64 at most.");
}
