using System.Buffers;

namespace FlowStudio.Web.Api;

/// <summary>How flows are named in addresses.</summary>
static class FlowNames
{
    public const int MaxLength = 64;

    static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    /// <summary>Names that mean something else where ids and names share a path segment.</summary>
    static readonly string[] Reserved = ["import", "export", "validate", "preview", "search", "count"];

    /// <summary>Whether this can be a flow's id or endpoint name; anything else need not be looked for.</summary>
    public static bool IsIdentifier(string text) => text.Length is > 0 and <= MaxLength && !text.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Why a flow cannot have this endpoint name; null when it can.</summary>
    public static string? Refuse(string name)
    {
        if (!IsIdentifier(name))
            return $"'endpoint_name' must be 1 to {MaxLength} letters, digits, _ and -.";
        if (IsReserved(name))
            return $"'endpoint_name' cannot be {name}: that is a path of the API. Choose another.";
        return Guid.TryParse(name, out _) ? "'endpoint_name' cannot look like an id. Choose a name." : null;
    }

    static bool IsReserved(string name) => Array.Exists(Reserved, r => r.Equals(name, StringComparison.OrdinalIgnoreCase));
}
