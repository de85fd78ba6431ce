using System.Collections;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Secrets;

/// <summary>The environment the process was started with, read once.</summary>
public sealed record EnvironmentVariables(IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Every environment variable with this prefix is a variable named by what follows it.</summary>
    public const string Prefix = "FLOWSTUDIO_VAR_";

    /// <summary>The environment as it is now.</summary>
    public static EnvironmentVariables Current()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (entry is { Key: string name, Value: string value })
                values[name] = value;
        }
        return new(values);
    }

    /// <summary>
    /// What flows may read of it: the names the options list, and everything with the prefix, which wins. All are secrets, but for
    /// <c>…_BASE_URL</c> without user or query: an address, which error messages must be able to name.
    /// </summary>
    internal IEnumerable<KeyValuePair<string, VaultEntry>> Variables(VariableOptions options, ILogger logger)
    {
        var found = new Dictionary<string, VaultEntry>(StringComparer.Ordinal);
        foreach (var name in options.FromEnvironment)
        {
            if (Values.TryGetValue(name, out var value) && value.Length > 0)
                found[name] = Entry(name, value, name);
        }
        foreach (var (key, value) in Values)
        {
            if (!key.StartsWith(Prefix, StringComparison.Ordinal) || value.Length == 0)
                continue;
            var name = key[Prefix.Length..];
            if (Components.VariableReference.IsName(name))
                found[name] = Entry(name, value, key);
            else
                Log.EnvironmentNameIgnored(logger, key);
        }
        return found;
    }

    static VaultEntry Entry(string name, string value, string key) => new(value, !IsAddress(name, value), VariableSource.Environment, UpdatedAt: null, key);

    static bool IsAddress(string name, string value) =>
        name.EndsWith("_BASE_URL", StringComparison.Ordinal) && Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && url.UserInfo.Length == 0 && url.Query.Length == 0;
}
