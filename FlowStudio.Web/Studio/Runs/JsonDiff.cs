using System.Text.Json;

namespace FlowStudio.Web.Studio.Runs;

public enum JsonChange
{
    Same,
    Added,
    Removed,
    Changed,
}

/// <summary>One value of two JSON texts put beside each other.</summary>
/// <param name="Key">The member's name or the item's number; empty at the top.</param>
/// <param name="Before">As JSON, cut when it is long; null when it is in the second only, or has children.</param>
/// <param name="After">Likewise of the second.</param>
public sealed record JsonDiffNode(string Key, JsonChange Change, string? Before, string? After, IReadOnlyList<JsonDiffNode> Children)
{
    /// <summary>Values that differ, in it and below.</summary>
    public int Count => Children.Count > 0 ? Children.Sum(c => c.Count) : Change is JsonChange.Same ? 0 : 1;
}

/// <summary>
/// What differs between two JSON values, as a tree of what differs: members by name whatever their order, items by number. Never more than a page can bear.
/// </summary>
/// <param name="Root">Null when nothing differs.</param>
/// <param name="LeftOut">Whether there is more that differs than was taken in.</param>
public sealed record JsonDiff(JsonDiffNode? Root, bool LeftOut)
{
    const int MostNodes = 500, MostText = 600, MostDepth = 32;

    public int Count => Root?.Count ?? 0;

    /// <summary>A value that there is not counts as none: null in the first means all of the second was added.</summary>
    public static JsonDiff Between(JsonElement? before, JsonElement? after)
    {
        var left = MostNodes;
        var root = (Present(before), Present(after)) switch
        {
            (null, null) => null,
            ({ } only, null) => new JsonDiffNode("", JsonChange.Removed, Text(only), After: null, []),
            (null, { } only) => new JsonDiffNode("", JsonChange.Added, Before: null, Text(only), []),
            ({ } was, { } now) => Compare("", was, now, depth: 0, ref left),
        };
        return new(root, left <= 0);
    }

    static JsonElement? Present(JsonElement? value) => value is { ValueKind: not JsonValueKind.Undefined } ? value : null;

    /// <summary>Null when they are the same.</summary>
    static JsonDiffNode? Compare(string key, JsonElement before, JsonElement after, int depth, ref int left)
    {
        if (left <= 0 || JsonElement.DeepEquals(before, after))
            return null;
        left--;
        if (depth < MostDepth && before.ValueKind == after.ValueKind && before.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
        {
            var children = before.ValueKind is JsonValueKind.Object ? Members(before, after, depth, ref left) : Items(before, after, depth, ref left);
            return new(key, JsonChange.Changed, Before: null, After: null, children);
        }
        return new(key, JsonChange.Changed, Text(before), Text(after), []);
    }

    static List<JsonDiffNode> Members(JsonElement before, JsonElement after, int depth, ref int left)
    {
        var children = new List<JsonDiffNode>();
        foreach (var member in before.EnumerateObject())
        {
            var child = after.TryGetProperty(member.Name, out var now) ? Compare(member.Name, member.Value, now, depth + 1, ref left)
                : left-- > 0 ? new(member.Name, JsonChange.Removed, Text(member.Value), After: null, []) : null;
            if (child is not null)
                children.Add(child);
        }
        foreach (var member in after.EnumerateObject())
        {
            if (!before.TryGetProperty(member.Name, out _) && left-- > 0)
                children.Add(new(member.Name, JsonChange.Added, Before: null, Text(member.Value), []));
        }
        return children;
    }

    static List<JsonDiffNode> Items(JsonElement before, JsonElement after, int depth, ref int left)
    {
        var children = new List<JsonDiffNode>();
        var (was, now) = (before.EnumerateArray().ToList(), after.EnumerateArray().ToList());
        for (var i = 0; i < Math.Max(was.Count, now.Count) && left > 0; i++)
        {
            var key = $"[{i}]";
            var child = i >= now.Count ? new(key, JsonChange.Removed, Text(was[i]), After: null, [])
                : i >= was.Count ? new(key, JsonChange.Added, Before: null, Text(now[i]), [])
                : Compare(key, was[i], now[i], depth + 1, ref left);
            if (child is null)
                continue;
            children.Add(child);
            if (i >= now.Count || i >= was.Count)
                left--;
        }
        return children;
    }

    static string Text(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > MostText ? string.Concat(text.AsSpan(0, MostText), "…") : text;
    }
}
