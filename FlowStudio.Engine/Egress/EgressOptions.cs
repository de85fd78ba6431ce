using System.ComponentModel;

namespace FlowStudio.Engine.Egress;

/// <summary>Limits of every outgoing call. Bound from the section <c>FlowStudio:Egress</c>.</summary>
public sealed class EgressOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string Section = "FlowStudio:Egress";

    /// <summary>
    /// Non-public targets that flows may call: <c>host:port</c>, <c>CIDR</c> or <c>CIDR:port</c>. Default: none.
    /// Link-local and cloud-metadata addresses stay refused whatever stands here.
    /// </summary>
    public IList<string> AllowedPrivateTargets { get; set; } = [];

    /// <summary>
    /// Whether 127.0.0.0/8 and ::1 may be called. Not a setting: the web host sets it to true while it listens on loopback addresses
    /// only, because then whoever reaches the studio reaches the machine's own services anyway. Read at each connect.
    /// </summary>
    [Browsable(false)]
    public bool AllowLoopback { get; set; }

    /// <summary>Bytes of one answer's body after decompression, 1 to 1 GiB. Default 16 MiB. A call may ask for less, never for more.</summary>
    public long MaxResponseBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Time for name resolution, TCP and TLS together, over 0 to 5 minutes. Default 10 s. The call's own timeout still ends it earlier.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Sent with calls that bring no <c>User-Agent</c> of their own. Default <c>FlowStudio</c>; printable ASCII.</summary>
    public string UserAgent { get; set; } = "FlowStudio";

    /// <summary>Every problem at once; each line names the key, the value, and what to write instead. Empty when all is well.</summary>
    public IEnumerable<string> Validate()
    {
        for (var i = 0; i < AllowedPrivateTargets.Count; i++)
        {
            if (AllowedTarget.Parse(AllowedPrivateTargets[i], out _) is { } problem)
                yield return $"{Section}:{nameof(AllowedPrivateTargets)}:{i} is \"{Printable(AllowedPrivateTargets[i])}\": {problem}";
        }

        if (MaxResponseBytes is < 1 or > 1024 * 1024 * 1024)
            yield return $"{Section}:{nameof(MaxResponseBytes)} is {MaxResponseBytes}: write a number of bytes from 1 to 1073741824 (1 GiB), such as 16777216.";
        if (ConnectTimeout <= TimeSpan.Zero || ConnectTimeout > TimeSpan.FromMinutes(5))
            yield return $"{Section}:{nameof(ConnectTimeout)} is {ConnectTimeout:c}: write a time over 0 and up to 00:05:00, such as 00:00:10.";
        if (string.IsNullOrWhiteSpace(UserAgent) || UserAgent.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            yield return $"{Section}:{nameof(UserAgent)} is \"{Printable(UserAgent)}\": write printable ASCII on one line, such as FlowStudio.";
    }

    static string Printable(string? text) =>
        string.Concat((text ?? "").Take(120).Select(c => char.IsControl(c) ? '?' : c));
}
