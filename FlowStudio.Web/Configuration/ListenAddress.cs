using System.Net;
using FlowStudio.Engine;

namespace FlowStudio.Web.Configuration;

/// <summary>Where to listen, and whether others can reach it there.</summary>
static class ListenAddress
{
    public const string Default = "http://localhost:7860";

    /// <summary>The addresses to listen on, as Kestrel takes them, from <c>--urls</c> or <c>ASPNETCORE_URLS</c>; and those that are none, or reach beyond this
    /// machine without leave.</summary>
    public static (IReadOnlyList<string> Addresses, IReadOnlyList<string> Problems) Choose(IConfiguration configuration, bool allowNonLoopback)
    {
        var given = configuration["urls"] is { Length: > 0 } urls ? urls : Default;
        var addresses = new List<string>();
        var problems = new List<string>();
        foreach (var text in given.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!TryParse(text, out var address))
                problems.Add($"The address '{text}' (--urls or ASPNETCORE_URLS) cannot be listened on. Give one such as {Default} or http://127.0.0.1:0.");
            else if (!allowNonLoopback && !IsLoopback(address))
                problems.Add(Refusal(text));
            else
                addresses.Add(WithDynamicPort(address, text));
        }
        // Addresses of Kestrel's own section win over --urls, so they are under the same rule.
        foreach (var endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
        {
            if (endpoint["Url"] is { } url && !allowNonLoopback && (!TryParse(url, out var address) || !IsLoopback(address)))
                problems.Add(Refusal(url));
        }
        return (addresses, problems);
    }

    /// <summary>Whether a name in an address or a Host header can only mean this machine.</summary>
    public static bool IsLoopbackName(ReadOnlySpan<char> host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host is "127.0.0.1" or "[::1]" or "::1";

    static string Refusal(string address) =>
        $"The address '{address}' can be reached from other machines. Set {EngineOptions.Section}:Access:AllowNonLoopback to true " +
        $"(environment: {EngineOptions.Section}__Access__AllowNonLoopback) to allow that: pages then ask for an access token, and the API for a key. Or listen on {Default}.";

    static bool TryParse(string text, out BindingAddress address)
    {
        try
        {
            address = BindingAddress.Parse(text);
            return address.IsUnixPipe || (address.Scheme is "http" or "https" && address.Port is >= 0 and <= 65535
                && (address.Host is "*" or "+" || Uri.CheckHostName(address.Host) is not UriHostNameType.Unknown));
        }
        catch (FormatException)
        {
            address = BindingAddress.Parse(Default);
            return false;
        }
    }

    static bool IsLoopback(BindingAddress address) =>
        address.IsUnixPipe || IsLoopbackName(address.Host) || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    /// <summary>Kestrel gives a free port to an address, not to the name localhost, which means two.</summary>
    static string WithDynamicPort(BindingAddress address, string text) =>
        address.Port == 0 && address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? $"{address.Scheme}://127.0.0.1:0" : text;
}
