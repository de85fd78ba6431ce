using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowStudio.Engine.Components;

/// <summary>
/// A number to count with: exact in decimal as long as its 28 digits do, so that 0.1 + 0.2 is 0.3, and beyond that with the range of a double.
/// Never infinite, never not a number.
/// </summary>
[StructLayout(LayoutKind.Auto)]
readonly struct Figure : IComparable<Figure>, IEquatable<Figure>
{
    /// <summary>Below this a decimal, which has 28 places after the point, holds fewer digits than a double.</summary>
    const decimal Small = 1e-10m;

    /// <summary>The longest text that is read as a number.</summary>
    const int MaxLength = 400;

    readonly decimal exact;
    readonly double wide;

    Figure(decimal value)
    {
        exact = value;
        wide = (double)value;
        IsExact = true;
    }

    Figure(double value) => wide = value;

    /// <summary>It is a decimal.</summary>
    public bool IsExact { get; }

    public bool IsZero => wide == 0;

    public bool IsWhole => IsExact ? decimal.IsInteger(exact) : wide == Math.Floor(wide);

    public static Figure Of(decimal value) => new(value);

    /// <summary>A number from a function that knows doubles only; null when there is no such number.</summary>
    public static Figure? Of(double value) => double.IsFinite(value) ? new(value) : null;

    /// <summary>A text that is a number as a whole, with a point for the fraction: <c>12</c>, <c>-0.5</c>, <c>1e6</c>. Spaces around it are fine.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Figure figure)
    {
        figure = default;
        text = text.Trim();
        if (text.Length is 0 or > MaxLength || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var wide) || !double.IsFinite(wide))
            return false;
        figure = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact) && Holds(exact, wide) ? new(exact) : new(wide);
        return true;
    }

    /// <summary>The number of a JSON number, or of a text that is one; false for everything else.</summary>
    public static bool TryRead(JsonElement value, out Figure figure)
    {
        figure = default;
        return value.ValueKind is JsonValueKind.Number or JsonValueKind.String && TryParse(JsonText.Of(value), out figure);
    }

    /// <summary>The sum; null when it is beyond all numbers.</summary>
    public static Figure? Add(Figure a, Figure b)
    {
        if (a.IsExact && b.IsExact)
        {
            try
            {
                return new(a.exact + b.exact);
            }
            catch (OverflowException)
            {
                // A double has the range.
            }
        }
        return Of(a.wide + b.wide);
    }

    public static Figure operator -(Figure value) => value.IsExact ? new(-value.exact) : new(-value.wide);

    /// <inheritdoc cref="Add"/>
    public static Figure? Multiply(Figure a, Figure b)
    {
        if (a.IsExact && b.IsExact)
        {
            try
            {
                var product = a.exact * b.exact;
                if (a.exact.Scale + b.exact.Scale <= 28 || Math.Abs(product) >= Small)
                    return new(product);
            }
            catch (OverflowException)
            {
                // A double has the range.
            }
        }
        return Of(a.wide * b.wide);
    }

    /// <summary>The quotient; null when it is beyond all numbers, or <paramref name="b"/> is zero.</summary>
    public static Figure? Divide(Figure a, Figure b)
    {
        if (b.IsZero)
            return null;
        if (a.IsExact && b.IsExact)
        {
            try
            {
                var quotient = a.exact / b.exact;
                if (a.IsZero || Math.Abs(quotient) >= Small)
                    return new(quotient);
            }
            catch (OverflowException)
            {
                // A double has the range.
            }
        }
        return Of(a.wide / b.wide);
    }

    /// <summary>What remains of a division, with the sign of <paramref name="b"/>: -7 % 3 is 2. Null when <paramref name="b"/> is zero.</summary>
    public static Figure? Modulo(Figure a, Figure b)
    {
        if (b.IsZero)
            return null;
        if (a.IsExact && b.IsExact)
        {
            try
            {
                var rest = a.exact % b.exact;
                return new(rest != 0 && rest < 0 != b.exact < 0 ? rest + b.exact : rest);
            }
            catch (OverflowException)
            {
                // A double has the range.
            }
        }
        var remainder = Math.IEEERemainder(a.wide, b.wide);
        return Of(remainder != 0 && remainder < 0 != b.wide < 0 ? remainder + b.wide : remainder);
    }

    /// <summary>A power; null when it is beyond all numbers, or none: a root of a negative number, zero to a negative power.</summary>
    public static Figure? Power(Figure a, Figure b)
    {
        if (a.IsExact && b.IsExact && decimal.IsInteger(b.exact) && Math.Abs(b.exact) <= 1024)
        {
            if (a.IsZero && b.exact < 0)
                return null;
            var power = WholePower(a, (int)Math.Abs(b.exact));
            if (power is { IsExact: true } exact)
                return b.exact < 0 ? Divide(new Figure(1m), exact) : exact;
        }
        return Of(Math.Pow(a.wide, b.wide));
    }

    /// <summary>The square root; null for a negative number.</summary>
    public static Figure? Root(Figure value)
    {
        if (value.wide < 0)
            return null;
        var root = Math.Sqrt(value.wide);
        // The root of a square is exact.
        if (value.IsExact && root < 1e14 && Shorten((decimal)root) is var exact && exact * exact == value.exact)
            return new(exact);
        return Of(root);
    }

    /// <summary>Rounded to digits after the point, halves away from zero as people round.</summary>
    public static Figure Round(Figure value, int digits) => value.IsExact
        ? new(decimal.Round(value.exact, Math.Clamp(digits, 0, 28), MidpointRounding.AwayFromZero))
        : new(digits <= 15 ? Math.Round(value.wide, digits, MidpointRounding.AwayFromZero) : value.wide);

    public static Figure Floor(Figure value) => value.IsExact ? new(decimal.Floor(value.exact)) : new(Math.Floor(value.wide));

    public static Figure Ceiling(Figure value) => value.IsExact ? new(decimal.Ceiling(value.exact)) : new(Math.Ceiling(value.wide));

    public double ToDouble() => wide;

    /// <summary>As short as it can be written: 2.50 is 2.5.</summary>
    public override string ToString() => JsonText.Of(ToJson());

    public JsonElement ToJson() => JsonText.Element(this, static (json, value) =>
    {
        if (value.IsExact)
            json.WriteNumberValue(Shorten(value.exact));
        else
            json.WriteNumberValue(value.wide);
    });

    public int CompareTo(Figure other) => IsExact && other.IsExact ? exact.CompareTo(other.exact) : wide.CompareTo(other.wide);

    public bool Equals(Figure other) => CompareTo(other) == 0;

    public override bool Equals(object? obj) => obj is Figure other && Equals(other);

    public override int GetHashCode() => wide.GetHashCode();

    /// <summary>Powers by squaring; inexact as soon as one step is.</summary>
    static Figure? WholePower(Figure value, int times)
    {
        Figure? result = new Figure(1m);
        Figure? square = value;
        for (var left = times; left > 0; left >>= 1)
        {
            if ((left & 1) == 1)
                result = result is { } r && square is { } s ? Multiply(r, s) : null;
            if (left > 1)
                square = square is { } t ? Multiply(t, t) : null;
        }
        return result;
    }

    /// <summary>Whether a decimal lost nothing that matters of a number that a double holds too.</summary>
    static bool Holds(decimal exact, double wide) => wide == 0 || Math.Abs(exact) >= Small || (double)exact == wide;

    /// <summary>Without zeros at the end of the fraction.</summary>
    static decimal Shorten(decimal value) => value / 1.0000000000000000000000000000m;
}
