using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FlowStudio.Engine.Egress;

/// <summary>One entry of the administrator's allow list: a host name with a port, or a network with or without one.</summary>
/// <param name="Host">Folded as <see cref="Uri.IdnHost"/> folds it, without a final dot; null when <paramref name="Network"/> is set.</param>
/// <param name="Port">Null: every port (networks only).</param>
readonly record struct AllowedTarget(string? Host, IPNetwork? Network, int? Port)
{
    const string Forms = "write host:port (erp.internal:8080), a network (10.20.0.0/16) or a network with a port (10.20.0.0/16:443).";

    public bool Covers(string host, int port) => Host is not null && Port == port && Host == host;

    public bool Covers(IPAddress address, int port) =>
        Network is { } network && (Port is null || Port == port) && network.Contains(address);

    /// <summary>Null when the entry can be used; otherwise what is wrong with it and what to write.</summary>
    public static string? Parse(string? entry, out AllowedTarget target)
    {
        target = default;
        if (string.IsNullOrWhiteSpace(entry))
            return $"it is empty; {Forms}";
        var text = entry.Trim();
        if (text.Contains("://", StringComparison.Ordinal))
            return $"it is a URL; {Forms}";
        var problem = text.Contains('/') ? ParseNetwork(text, out target) : ParseHost(text, out target);
        return problem ?? NeverInEffect(target);
    }

    static string? ParseNetwork(string text, out AllowedTarget target)
    {
        target = default;
        var slash = text.IndexOf('/');
        var rest = text[(slash + 1)..].Split(':');
        var written = text[..slash].Trim('[', ']');
        if (rest.Length > 2 || !IPAddress.TryParse(written, out var address)
            || !int.TryParse(rest[0], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix))
        {
            return $"it is not a network; {Forms}";
        }

        // IPAddress also reads "10" and "0x0a.1", which rarely mean what their writer thinks.
        if (address.AddressFamily is AddressFamily.InterNetwork && address.ToString() != written)
            return $"\"{written}\" is not written as four decimal numbers; did you mean {address}?";
        if (address.IsIPv4MappedToIPv6)
            return $"IPv4 addresses are judged in their own form; write the network with {address.MapToIPv4()}.";
        var bits = address.AddressFamily is AddressFamily.InterNetwork ? 32 : 128;
        if (prefix > bits)
            return $"/{prefix} is longer than the {bits} bits of the address; write /{bits} for exactly {address}.";
        int? port = null;
        if (rest.Length is 2 && !TryPort(rest[1], out port))
            return $"\"{rest[1]}\" is not a port; write a number from 1 to 65535 after the last colon, or leave it out.";
        var first = FirstOf(address, prefix);
        if (!first.Equals(address))
            return $"{address} is not the first address of a /{prefix}; write {first}/{prefix}, or {address}/{bits} for that one address.";
        target = new AllowedTarget(Host: null, new IPNetwork(address, prefix), port);
        return null;
    }

    static string? ParseHost(string text, out AllowedTarget target)
    {
        target = default;
        if (IPAddress.TryParse(text, out var bare) && !text.StartsWith('['))
        {
            var (whole, withPort) = bare.AddressFamily is AddressFamily.InterNetwork ? ($"{bare}/32", $"{bare}:8080") : ($"{bare}/128", $"[{bare}]:8080");
            return $"it names no port; write {withPort} with the port you mean, or {whole} for all ports of this address.";
        }

        var colon = text.LastIndexOf(':');
        if (colon <= 0 || text.EndsWith(']'))
            return $"it names no port; {Forms}";
        if (!TryPort(text[(colon + 1)..], out var port))
            return $"\"{text[(colon + 1)..]}\" is not a port; write a number from 1 to 65535 after the last colon.";
        var written = text[..colon];
        // The same parser that reads the calls' URLs folds the host, so the two can be compared as text.
        if (written.AsSpan().IndexOfAny(" *?#@\\") >= 0
            || !Uri.TryCreate($"http://{text}/", UriKind.Absolute, out var uri)
            || AddressGuard.HostOf(uri) is not { Length: > 0 } host)
        {
            return $"\"{written}\" is not a host name; wildcards are not read; {Forms}";
        }

        if (IPAddress.TryParse(host, out var address) && address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        target = address is not null
            ? new AllowedTarget(Host: null, new IPNetwork(address, address.AddressFamily is AddressFamily.InterNetwork ? 32 : 128), port)
            : new AllowedTarget(host, Network: null, port);
        return null;
    }

    static string? NeverInEffect(AllowedTarget target)
    {
        var never = target.Host is { } host ? AddressRanges.NeverByName(host)
            : AddressRanges.NeverAllowed.FirstOrDefault(range => target.Network is { } network
                && range.Network.Contains(network.BaseAddress)
                && range.Network.PrefixLength <= network.PrefixLength);
        return never is null ? null : $"that is {never.Words}, which is never called, allow list or not; remove the entry.";
    }

    static bool TryPort(string text, out int? port)
    {
        var ok = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535;
        port = ok ? number : null;
        return ok;
    }

    static IPAddress FirstOf(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
