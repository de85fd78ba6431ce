namespace FlowStudio.Web.Configuration;

/// <summary>Why the server does not start, for the person who started it.</summary>
public sealed class StartException(int exitCode, IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>Bad configuration.</summary>
    public const int Configuration = 2;

    /// <summary>The database or the data directory cannot be used.</summary>
    public const int Storage = 3;

    /// <summary>The address cannot be listened on.</summary>
    public const int Address = 4;

    public int ExitCode { get; } = exitCode;

    public IReadOnlyList<string> Problems { get; } = problems;
}
