using System.Text.Json;

namespace FlowStudio.Tests.Api.BadInput;

/// <summary>One method of one path, as <c>/openapi/v1.json</c> lists it.</summary>
/// <param name="Path">With its parameters in braces.</param>
/// <param name="Query">The names of its query parameters.</param>
/// <param name="SaysBody">Whether the document describes a body.</param>
sealed record Operation(HttpMethod Method, string Path, IReadOnlyList<string> Query, bool SaysBody)
{
    public string Name => $"{Method} {Path}";

    /// <summary>The names of what stands in braces.</summary>
    public IReadOnlyList<string> Parameters => [.. Path.Split('/').Where(IsParameter).Select(s => s[1..^1])];

    /// <summary>Whether its method may carry a body, whatever the document says.</summary>
    public bool MayHaveBody => SaysBody || Method == HttpMethod.Post || Method == HttpMethod.Put || Method == HttpMethod.Patch;

    public static IReadOnlyList<Operation> All(JsonElement document) =>
    [
        .. from path in document.GetProperty("paths").EnumerateObject()
           from method in path.Value.EnumerateObject()
           where method.Value.ValueKind is JsonValueKind.Object
           select new Operation(HttpMethod.Parse(method.Name.ToUpperInvariant()), path.Name, [.. In(method.Value, "query")], method.Value.TryGetProperty("requestBody", out _)),
    ];

    /// <summary>The address with what a parameter stands for.</summary>
    public string Address(Func<string, string> value) => string.Join('/', Path.Split('/').Select(s => IsParameter(s) ? value(s[1..^1]) : s));

    static bool IsParameter(string segment) => segment is ['{', .., '}'];

    static IEnumerable<string> In(JsonElement operation, string place) => operation.TryGetProperty("parameters", out var all)
        ? all.EnumerateArray().Where(p => p.GetProperty("in").GetString() == place).Select(p => p.GetProperty("name").GetString() ?? "") : [];
}
