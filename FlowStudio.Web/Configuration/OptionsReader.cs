using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace FlowStudio.Web.Configuration;

/// <summary>
/// Puts a configuration section into options objects. Unlike the framework's binder it goes on after a bad value and minds unknown keys, so that
/// all that is wrong can be told at once.
/// </summary>
sealed class OptionsReader
{
    readonly List<string> problems = [];
    readonly List<string> known = [];
    readonly List<string> unknown = [];

    /// <summary>Fills <paramref name="targets"/>, whose keys together are the section's.</summary>
    /// <returns>Every key that could not be taken, and why.</returns>
    public static IReadOnlyList<string> Read(IConfigurationSection section, params object[] targets)
    {
        var reader = new OptionsReader();
        foreach (var target in targets)
            reader.Collect(section.Path, target.GetType());
        reader.Fill(section, targets);
        return [.. reader.problems, .. reader.unknown.Select(reader.Advice)];
    }

    /// <summary>Every key that <see cref="Read"/> takes for these types, below the section.</summary>
    public static IReadOnlyList<string> Keys(params Type[] types)
    {
        var reader = new OptionsReader();
        foreach (var type in types)
            reader.Collect("", type);
        return [.. reader.known.Select(k => k[1..])];
    }

    void Collect(string path, Type type)
    {
        foreach (var property in Settable(type))
        {
            var key = $"{path}:{property.Name}";
            if (IsGroup(property.PropertyType))
                Collect(key, property.PropertyType);
            else
                known.Add(key);
        }
    }

    void Fill(IConfigurationSection section, object[] targets)
    {
        foreach (var child in section.GetChildren())
        {
            var found = false;
            foreach (var target in targets)
            {
                if (Settable(target.GetType()).FirstOrDefault(p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is not { } property)
                    continue;
                found = true;
                Set(child, property, target);
            }
            if (!found)
                AddUnknown(child);
        }
    }

    void Set(IConfigurationSection section, PropertyInfo property, object target)
    {
        if (IsGroup(property.PropertyType))
        {
            if (section.Value is { Length: > 0 } value)
                problems.Add($"{section.Path} is '{value}', but it is a group of keys: " +
                    $"{string.Join(", ", Settable(property.PropertyType).Select(p => $"{section.Path}:{p.Name}"))}.");
            else if (property.GetValue(target) is { } group)
                Fill(section, [group]);
        }
        else if (property.PropertyType.IsAssignableFrom(typeof(List<string>)))
        {
            // A list that is given takes the place of the default one; "a,b" will do on a command line.
            var items = section.Value is { } text ? text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                : section.GetChildren().Select(c => c.Value ?? "");
            property.SetValue(target, new List<string>(items));
        }
        else if (section.GetChildren().FirstOrDefault() is { } inner)
        {
            AddUnknown(inner);
        }
        else if (TryConvert(section.Value ?? "", property.PropertyType, out var value))
        {
            property.SetValue(target, value);
        }
        else
        {
            problems.Add($"{section.Path} is '{section.Value}'. Give {Wanted(property.PropertyType)}.");
        }
    }

    void AddUnknown(IConfigurationSection section)
    {
        var children = section.GetChildren().ToArray();
        foreach (var child in children)
            AddUnknown(child);
        if (children.Length == 0)
            unknown.Add(section.Path);
    }

    string Advice(string key)
    {
        var nearest = known.MinBy(k => Distance(k.ToUpperInvariant(), key.ToUpperInvariant()));
        return nearest is null ? $"{key} is no key that FlowStudio knows." : $"{key} is no key that FlowStudio knows. The nearest is {nearest}.";
    }

    static bool TryConvert(string text, Type type, out object? value)
    {
        value = null;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            value = text;
        else if (type == typeof(bool) && bool.TryParse(text, out var flag))
            value = flag;
        else if (type == typeof(int) && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var whole))
            value = whole;
        else if (type == typeof(long) && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var large))
            value = large;
        else if (type == typeof(double) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            value = number;
        else if (type == typeof(TimeSpan) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span))
            value = span;
        else if (type.IsEnum && !int.TryParse(text, CultureInfo.InvariantCulture, out _) && Enum.TryParse(type, text, ignoreCase: true, out var member))
            value = member;
        return value is not null;
    }

    static string Wanted(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(bool))
            return "true or false";
        if (type.IsEnum)
            return $"one of {string.Join(", ", Enum.GetNames(type))}";
        if (type == typeof(TimeSpan))
            return "a time such as 00:00:10";
        return type == typeof(double) ? "a number, with a point for decimals" : "a whole number";
    }

    /// <summary>What is marked as not browsable is set by the program, not by its configuration.</summary>
    static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.SetMethod is { IsPublic: true } && p.GetCustomAttribute<BrowsableAttribute>() is not { Browsable: false });

    static bool IsGroup(Type type) => type.IsClass && type != typeof(string) && !type.IsAssignableFrom(typeof(List<string>));

    /// <summary>How many letters to add, drop or change (Levenshtein).</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1));
                corner = above;
            }
        }
        return row[^1];
    }
}
