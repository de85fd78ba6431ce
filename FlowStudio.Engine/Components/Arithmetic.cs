namespace FlowStudio.Engine.Components;

/// <summary>
/// Works out an expression: <c>+ - * / % ^</c>, parentheses, functions, <c>pi</c> and <c>e</c>, and <c>{order.total}</c> for values from outside.
/// Powers bind strongest and to the right, then signs (-2^2 is -4), then times, then plus. Reads from left to right, once; length and depth are bounded.
/// </summary>
ref struct Arithmetic
{
    public const int MaxLength = 4_000;

    /// <summary>Parentheses, signs and powers inside one another.</summary>
    const int MaxDepth = 100;

    const int MaxArguments = 1_000;

    /// <summary>The code of errors that a person mends in the expression, whatever the values are.</summary>
    public const string Invalid = "invalid_expression";

    const string Constants = "pi, e";
    const string Functions = "sqrt, abs, min, max, round, floor, ceil, log, ln, exp, sin, cos, tan";

    readonly string text;
    readonly Func<ValuePath, int, Figure> valueOf;
    int at;
    int depth;

    Arithmetic(string text, Func<ValuePath, int, Figure> valueOf) => (this.text, this.valueOf) = (text, valueOf);

    /// <summary>What an expression comes to.</summary>
    /// <param name="valueOf">The number at a path that stands in braces at a character of the expression.</param>
    /// <exception cref="NodeException">It is no expression, or has no result; the message says at which character, from 1.</exception>
    public static Figure Evaluate(string text, Func<ValuePath, int, Figure> valueOf)
    {
        if (text.Length > MaxLength)
            throw new NodeException(Invalid, $"The expression has {text.Length:N0} characters; {MaxLength:N0} are allowed.", "Split it over several Calculators.");
        var reader = new Arithmetic(text, valueOf);
        var result = reader.Sum();
        if (reader.Peek() is not '\0')
            throw reader.Unexpected();
        return result;
    }

    Figure Sum()
    {
        var sum = Product();
        while (Peek() is '+' or '-' or '−')
        {
            var place = at;
            var plus = text[at++] is '+';
            var next = Product();
            sum = Figure.Add(sum, plus ? next : -next) ?? throw TooLarge(place);
        }
        return sum;
    }

    Figure Product()
    {
        var product = Signed();
        while (Peek() is '*' or '×' or '·' or '/' or '÷' or '%')
        {
            var place = at;
            var operation = text[at++];
            var next = Signed();
            if (operation is '/' or '÷' or '%' && next.IsZero)
                throw Error("division_by_zero", place, "a number is divided by zero.", "See that what stands after it is not zero.");
            product = (operation switch
            {
                '%' => Figure.Modulo(product, next),
                '/' or '÷' => Figure.Divide(product, next),
                _ => Figure.Multiply(product, next),
            }) ?? throw TooLarge(place);
        }
        return product;
    }

    Figure Signed()
    {
        if (++depth > MaxDepth)
            throw Error(Invalid, at, $"more than {MaxDepth} parentheses, signs or powers are inside one another.", "Split it over several Calculators.");
        Figure value;
        if (Peek() is '-' or '−')
        {
            at++;
            value = -Signed();
        }
        else if (Peek() is '+')
        {
            at++;
            value = Signed();
        }
        else
        {
            value = Powered();
        }
        depth--;
        return value;
    }

    Figure Powered()
    {
        var value = Operand();
        var two = Peek() is '*' && at + 1 < text.Length && text[at + 1] is '*';
        if (!two && Peek() is not '^')
            return value;
        var place = at;
        at += two ? 2 : 1;
        var power = Signed();
        if (Figure.Power(value, power) is { } result)
            return result;
        throw value.IsZero ? Error("division_by_zero", place, "zero has no negative power.", "See that what stands before it is not zero.")
            : value.CompareTo(default) < 0 && !power.IsWhole ? NoNumber(place, "a negative number has no power that is not whole")
            : TooLarge(place);
    }

    Figure Operand()
    {
        var c = Peek();
        if (char.IsAsciiDigit(c) || c is '.')
            return Number();
        if (char.IsAsciiLetter(c))
            return Named();
        if (c is '{')
            return Value();
        if (c is not '(')
            throw Unexpected();
        var open = at++;
        var value = Sum();
        Close(open);
        return value;
    }

    Figure Number()
    {
        var start = at;
        SkipDigits();
        if (at < text.Length && text[at] is '.')
        {
            at++;
            SkipDigits();
        }
        // 2e3 is a number; 2e is two things that miss an operator.
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            var sign = at + 1 < text.Length && text[at + 1] is '+' or '-' ? 1 : 0;
            if (at + 1 + sign < text.Length && char.IsAsciiDigit(text[at + 1 + sign]))
            {
                at += 1 + sign;
                SkipDigits();
            }
        }
        var digits = text.AsSpan(start, at - start);
        if (Figure.TryParse(digits, out var number))
            return number;
        throw digits is "." ? Error(Invalid, start, "a point stands alone.", "Write numbers as 12 or 0.5.") : TooLarge(start);
    }

    Figure Named()
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_'))
            at++;
        var name = text[start..at].ToLowerInvariant();
        if (name is "pi")
            return Figure.Of(3.1415926535897932384626433833m);
        if (name is "e")
            return Figure.Of(2.7182818284590452353602874714m);
        if (!Functions.Split(", ").Contains(name, StringComparer.Ordinal))
        {
            throw Error(Invalid, start, $"'{(name.Length > 30 ? name[..30] + "…" : name)}' is neither a function nor a constant.",
                $"There are {Functions}, and {Constants}. Values from outside stand in braces: {{order.total}}.");
        }
        if (Peek() is not '(')
            throw Error(Invalid, start, $"{name} has no parentheses after it.", $"Write {name}(2).");
        var open = at++;
        var arguments = new List<Figure> { Sum() };
        while (Peek() is ',' or ';')
        {
            at++;
            arguments.Add(Sum());
            if (arguments.Count > MaxArguments)
                throw Error(Invalid, start, $"{name} has more than {MaxArguments:N0} values.", "Split it over several Calculators.");
        }
        Close(open);
        return Call(name, arguments, start);
    }

    static Figure Call(string name, List<Figure> arguments, int place)
    {
        var most = name is "min" or "max" ? MaxArguments : name is "round" or "log" ? 2 : 1;
        if (arguments.Count > most)
            throw Error(Invalid, place, $"{name} takes {(most == 1 ? "one value" : "two values at most")}, not {arguments.Count}.", $"Write {name}(2{(most == 2 ? ", 1" : "")}).");
        var value = arguments[0];
        return (name switch
        {
            "abs" => value.CompareTo(default) < 0 ? -value : value,
            "min" => arguments.Min(),
            "max" => arguments.Max(),
            "round" => Figure.Round(value, arguments.Count == 2 ? Digits(arguments[1], place) : 0),
            "floor" => Figure.Floor(value),
            "ceil" => Figure.Ceiling(value),
            "sqrt" => Figure.Root(value) ?? throw NoNumber(place, "a negative number has no square root"),
            "ln" => Logarithm(value, Math.E, place),
            "log" => Logarithm(value, arguments.Count == 2 ? arguments[1].ToDouble() : 10, place),
            "exp" => Figure.Of(Math.Exp(value.ToDouble())),
            "sin" => Figure.Of(Math.Sin(value.ToDouble())),
            "cos" => Figure.Of(Math.Cos(value.ToDouble())),
            _ => Figure.Of(Math.Tan(value.ToDouble())),
        }) ?? throw TooLarge(place);
    }

    static int Digits(Figure digits, int place) => digits.IsWhole && digits.ToDouble() is >= 0 and <= 15
        ? (int)digits.ToDouble()
        : throw Error(Invalid, place, "round takes a whole number of digits, from 0 to 15.", "Write round(2.345, 2).");

    static Figure? Logarithm(Figure value, double @base, int place)
    {
        if (value.ToDouble() <= 0)
            throw NoNumber(place, "only numbers above zero have a logarithm");
        if (@base is <= 0 or 1)
            throw NoNumber(place, "a logarithm's base is above zero and not 1");
        return Figure.Of(@base switch
        {
            10 => Math.Log10(value.ToDouble()),
            2 => Math.Log2(value.ToDouble()),
            Math.E => Math.Log(value.ToDouble()),
            _ => Math.Log(value.ToDouble(), @base),
        });
    }

    Figure Value()
    {
        var start = at;
        var length = text.AsSpan(start).IndexOf('}') + 1;
        if (length == 0)
            throw Error(Invalid, start, "a brace is not closed.", "Write {order.total} for a value from outside.");
        at += length;
        var inside = text.Substring(start, length);
        if (ValuePath.IsEmpty(inside))
            throw Error(Invalid, start, "the braces are empty.", "Write {order.total} for a value from outside.");
        var path = ValuePath.Parse(inside, out var problem) ?? throw Error(Invalid, start, $"the braces hold no path. {problem}", "Write it as in {order.items[0].price}.");
        return valueOf(path, start + 1);
    }

    void Close(int open)
    {
        if (Peek() is '\0')
            throw Error(Invalid, open, "a parenthesis is not closed.", "Write ) where it ends.");
        if (Peek() is not ')')
            throw Unexpected();
        at++;
    }

    void SkipDigits()
    {
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
    }

    /// <summary>The next character that is no space; <c>\0</c> at the end.</summary>
    char Peek()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
        return at < text.Length ? text[at] : '\0';
    }

    readonly NodeException Unexpected()
    {
        if (at >= text.Length)
        {
            return text.AsSpan().IsWhiteSpace()
                ? new NodeException(Invalid, "The expression is empty.", "Write what to work out, such as 2 * (3 + 4).")
                : Error(Invalid, text.Length - 1, "the expression ends where a number is missing.", "Write a number, or remove the operator before.");
        }
        var c = char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? text.Substring(at, 2) : char.IsControl(text[at]) ? "a control character" : text[at].ToString();
        return Error(Invalid, at, $"'{c}' can't stand here.", c is "," ? "Write fractions with a point, 1.5, and large numbers without separators: 1000." : "Write an operator between numbers: 2 * (3 + 4).");
    }

    static NodeException TooLarge(int place) => Error("number_too_large", place, "the number is too large.", "Numbers go up to about 1.8e308. See that what it is made from is right.");

    static NodeException NoNumber(int place, string why) => Error("no_such_number", place, $"{why}.", "See that the values are right.");

    static NodeException Error(string code, int place, string message, string remedy) => new(code, $"At character {place + 1} of the expression: {message}", remedy);
}
