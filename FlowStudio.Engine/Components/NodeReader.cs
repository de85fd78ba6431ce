using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Reads a node's settings, variables looked up.</summary>
public class NodeReader(Node node, Func<string, string?> findVariable)
{
    public Node Node { get; private protected set; } = node;

    /// <summary>A setting: the node's own value, looked up when it refers to a variable, else the default.</summary>
    /// <exception cref="NodeException">The setting has the wrong shape, or its variable does not exist.</exception>
    public T Get<T>(Field<T> field)
    {
        var value = NodeSettings.Value(Node, field);
        if (VariableReference.TryRead(value, out var reference))
        {
            value = field.FromText(reference.Apply(Variable(reference.Name, field)));
            // The reason would quote the value, which may be a secret.
            if (field.Reject(value) is not null)
            {
                throw new NodeException("invalid_setting", $"{Node.Label}: the value of the variable {reference.Name} does not fit the setting {field.Title}.",
                    $"Change the variable, or take another one. {field.Help}");
            }
        }
        else if (value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) && field.Reject(value) is { } reason)
        {
            throw new NodeException("invalid_setting", $"{Node.Label}: the setting {field.Title} {reason}.", "Correct it in the node's settings.");
        }
        return field.Read(value);
    }

    /// <summary>Rows of key and value, with variables looked up.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Get(KeyValuesField field)
    {
        var value = Node.Settings.TryGetValue(field.Name, out var own) ? own : field.DefaultValue;
        if (value.ValueKind is not JsonValueKind.Array)
            return [];
        if (field.Reject(value) is { } reason)
            throw new NodeException("invalid_setting", $"{Node.Label}: the setting {field.Title} {reason}.", "Correct it in the node's settings.");
        var rows = new List<KeyValuePair<string, string>>(value.GetArrayLength());
        foreach (var row in value.EnumerateArray())
        {
            var key = row.GetProperty("key").GetString() ?? "";
            if (key.Length == 0)
                continue;
            var cell = row.TryGetProperty("value", out var v) ? v : default;
            rows.Add(new(key, VariableReference.TryRead(cell, out var reference) ? reference.Apply(Variable(reference.Name, field)) : JsonText.Of(cell)));
        }
        return rows;
    }

    /// <summary>The value of the secret that the field names, or null when it names none.</summary>
    /// <exception cref="NodeException">There is no variable of that name.</exception>
    public string? Secret(TextField field) => Get(field) is { Length: > 0 } name ? Variable(name, field) : null;

    /// <summary>A variable's value, or null when it is not set. Its value is redacted from all this run writes.</summary>
    public string? FindVariable(string name) => findVariable(name);

    /// <summary>The same node with other settings.</summary>
    internal NodeReader WithSettings(IEnumerable<KeyValuePair<string, JsonElement>> settings) => new(Node with { Settings = new(settings) }, findVariable);

    string Variable(string name, Field field) => FindVariable(name)
        ?? throw new NodeException("missing_variable", $"{Node.Label}: the setting {field.Title} names the variable {name}, which is not set.",
            $"Set {name} under Variables, or in the environment of the server.");
}
