using System.Net;
using System.Net.Sockets;

namespace FlowStudio.Engine.Egress;

/// <summary>Why an outgoing call may not be made.</summary>
/// <param name="Rule">Stable name, such as <c>loopback</c>, <c>private-network</c>, <c>link-local</c> or <c>cloud-metadata</c>.</param>
/// <param name="Message">For the person whose call it was: what was refused, why, and what would allow it.</param>
/// <param name="Setting">The configuration key that would allow it; null when nothing does.</param>
public sealed record EgressRefusal(string Rule, string Message, string? Setting);

/// <summary>
/// Decides whether an address may be dialled. Public ones may; link-local and cloud-metadata ones never; loopback only while the server
/// itself listens on loopback only; everything else only by the allow list. Pure: it resolves nothing and connects nowhere.
/// </summary>
public sealed class AddressGuard
{
    const string AllowList = EgressOptions.Section + ":" + nameof(EgressOptions.AllowedPrivateTargets);

    readonly EgressOptions options;
    readonly AllowedTarget[] allowed;

    /// <exception cref="ArgumentException">The options are invalid; the message is all that <see cref="EgressOptions.Validate"/> says.</exception>
    public AddressGuard(EgressOptions options)
    {
        if (options.Validate().ToArray() is { Length: > 0 } problems)
            throw new ArgumentException(string.Join(Environment.NewLine, problems), nameof(options));
        this.options = options;
        allowed = [.. options.AllowedPrivateTargets.Select(entry => AllowedTarget.Parse(entry, out var target) is null ? target : default)];
    }

    /// <summary>Judges one address for one target. Null: it may be dialled.</summary>
    /// <param name="host">As the URL names it, in any spelling.</param>
    public EgressRefusal? Check(string host, int port, IPAddress address)
    {
        host = Fold(host);
        if (CheckName(host) is { } byName)
            return byName;

        var inner = AddressRanges.IPv4In(address, out var same);
        var judged = same ? inner[0] : address;
        if (AddressRanges.Never(judged) is { } never)
            return Never(host, address, never);
        foreach (var carried in inner)
        {
            if (AddressRanges.Never(carried) is { } neverCarried)
                return Never(host, address, neverCarried);
        }

        foreach (var target in allowed)
        {
            if (target.Covers(host, port))
                return null;
        }

        if (Blocking(judged, port) is { } range)
            return ByAllowList(host, port, address, range);
        // A gateway's prefix on the allow list opens the gateway, not the private network behind it.
        foreach (var carried in inner)
        {
            if (Blocking(carried, port) is { } carriedRange)
                return ByAllowList(host, port, address, carriedRange);
        }

        return null;
    }

    /// <summary>Judges what can be told before a name is resolved: forbidden names, and addresses written as such.</summary>
    internal EgressRefusal? Check(Uri url)
    {
        var host = HostOf(url);
        return IPAddress.TryParse(host, out var address) ? Check(host, url.Port, address) : CheckName(host);
    }

    /// <summary>The host as it is looked up: Unicode folded, lower case, no brackets, no final dot. Empty when it can't be one.</summary>
    internal static string HostOf(Uri url)
    {
        try
        {
            return Fold(url.IdnHost);
        }
        catch (UriFormatException)
        {
            // IdnHost is computed late; labels that break IDNA only show here.
            return "";
        }
    }

    static string Fold(string host) => host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();

    static EgressRefusal? CheckName(string host) =>
        AddressRanges.NeverByName(host) is { } range
            ? new EgressRefusal(range.Rule, $"{host} was not called: it is {range.Words}. Those are never called; no setting changes that.", Setting: null)
            : null;

    static EgressRefusal Never(string host, IPAddress address, AddressRange range) =>
        new(range.Rule, $"{Name(host, address)} was not called: it is {range.Words}. Those are never called; no setting changes that.", Setting: null);

    AddressRange? Blocking(IPAddress address, int port)
    {
        if (AddressRanges.NonPublic(address) is not { } range || (range.Rule is AddressRanges.Loopback && options.AllowLoopback))
            return null;
        foreach (var target in allowed)
        {
            if (target.Covers(address, port))
                return null;
        }

        return range;
    }

    static EgressRefusal ByAllowList(string host, int port, IPAddress address, AddressRange range)
    {
        var entry = host.Contains(':') ? $"[{host}]:{port}" : $"{host}:{port}";
        var why = range.Rule is AddressRanges.Loopback ? ", and this server can be reached from other machines" : "";
        return new EgressRefusal(
            range.Rule,
            $"{Name(host, address)} was not called: it is {range.Words}{why}. If flows may call it, the administrator adds \"{entry}\" to {AllowList}.",
            AllowList);
    }

    static string Name(string host, IPAddress address)
    {
        var spelled = address.AddressFamily is AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString() : address.ToString();
        return host == spelled || host == address.ToString() ? host : $"{host} ({spelled})";
    }
}
