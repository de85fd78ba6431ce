using System.Globalization;
using FlowStudio.Engine.Components;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class CalculatorTests
{
    static readonly Gen<string> Pieces = Gen.Elements(
        "1", "0", "2.5", "1e308", "1e-28", "(", ")", "+", "-", "*", "/", "%", "^", "**", "sqrt(", "min(", "round(", "log(", ",", "pi", "e", "{a}", " ", "é", "😀", "'");

    static readonly Gen<(decimal A, decimal B, decimal C)> Cases =
        from a in Gen.Choose(-2_000_000_000, 2_000_000_000)
        from b in Gen.Choose(-2_000_000_000, 2_000_000_000)
        from c in Gen.Choose(1, 1_000_000)
        from scale in Gen.Choose(0, 8)
        select (new decimal(Math.Abs(a), 0, 0, a < 0, (byte)scale), new decimal(Math.Abs(b), 0, 0, b < 0, 4), new decimal(c, 0, 0, isNegative: false, 3));

    static Config Often => Config.QuickThrowOnFailure.WithMaxTest(2_000);

    [Theory]
    [InlineData("2 + 3 * 4", "14")]
    [InlineData("(2 + 3) * 4", "20")]
    [InlineData("0.1 + 0.2", "0.3")]
    [InlineData("1.10 * 3", "3.3")]
    [InlineData("10 / 4", "2.5")]
    [InlineData("1 / 3", "0.3333333333333333333333333333")]
    [InlineData("7 % 3", "1")]
    [InlineData("-7 % 3", "2")]
    [InlineData("7.5 % 2", "1.5")]
    [InlineData("1e20 % 7e-20", null)]
    [InlineData("-2 ^ 2", "-4")]
    [InlineData("2 ^ 3 ^ 2", "512")]
    [InlineData("2 ** 10", "1024")]
    [InlineData("2 ^ -2", "0.25")]
    [InlineData("9 ^ 0.5", "3")]
    [InlineData("1.1 ^ 2", "1.21")]
    [InlineData("0 ^ 0", "1")]
    [InlineData("--3", "3")]
    [InlineData("+-+3", "-3")]
    [InlineData("sqrt(16) + abs(-2)", "6")]
    [InlineData("sqrt(0.25)", "0.5")]
    [InlineData("min(3, 1, 2) + max(4; 5)", "6")]
    [InlineData("round(2.5) + round(-2.5) + round(1.005, 2)", "1.01")]
    [InlineData("floor(-1.5) + ceil(-1.5)", "-3")]
    [InlineData("log(1000) + ln(e) + exp(0)", "5")]
    [InlineData("log(8, 2)", "3")]
    [InlineData("sin(0) + cos(0) + tan(0)", "1")]
    [InlineData("SQRT(4) * PI / pi", "2")]
    [InlineData("6 × 7 ÷ 2 − 1", "20")]
    [InlineData(".5 + 5.", "5.5")]
    [InlineData("2e3 + 1E-2", "2000.01")]
    [InlineData("79228162514264337593543950335 + 1", "7.922816251426434E+28")]
    [InlineData("1e-20 * 1e-20", "1E-40")]
    [InlineData("1e300 * 1e8", "1E+308")]
    [InlineData("\n 1 \t+\u00a02 ", "3")]
    public async Task It_works_out(string expression, string? expected)
    {
        var result = await new NodeTest("Calculator").Set("expression", expression).OutputAsync("result");
        if (expected is not null)
            result.GetRawText().ShouldBe($$"""{"result":{{expected}}}""");
    }

    [Fact]
    public async Task The_result_is_data_and_a_number()
    {
        var node = new NodeTest("Calculator").Set("expression", "6 * 7");
        (await node.OutputAsync("number")).GetInt32().ShouldBe(42);
        node.Connected = ["result"];
        (await node.RunAsync()).Outputs.ShouldHaveSingleItem().Port.ShouldBe("result");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("1 +", "character 3")]
    [InlineData("1 + * 2", "character 5")]
    [InlineData("(1 + 2", "character 1")]
    [InlineData("1 + 2)", "character 6")]
    [InlineData("2 (3)", "character 3")]
    [InlineData("1,5 + 1", "character 2")]
    [InlineData("2 + 😀", "'😀'")]
    [InlineData("import os", "'import'")]
    [InlineData("__import__('os')", "'_'")]
    [InlineData("cube(3)", "sqrt, abs, min")]
    [InlineData("sqrt 4", "parentheses")]
    [InlineData("sqrt(4, 2)", "one value")]
    [InlineData("round(1, 0.5)", "whole number of digits")]
    [InlineData("min()", "character 5")]
    [InlineData("2e", "character 2")]
    [InlineData(".", "point")]
    [InlineData("1 + {}", "empty")]
    [InlineData("1 + {a", "not closed")]
    [InlineData("1 + {a..b}", "no path")]
    public async Task What_is_no_expression_is_told_with_its_place(string expression, string told)
    {
        var node = new NodeTest("Calculator").Set("expression", expression);
        var error = await node.FailsAsync();
        error.Code.ShouldBe("invalid_expression");
        (error.Message + error.Remedy).ShouldContain(told);
        error.Remedy.ShouldNotBeEmpty();
        if (expression.Length > 0)
            node.Problems().ShouldHaveSingleItem().Message.ShouldContain(error.Message);
    }

    [Theory]
    [InlineData("1 + 5 / (2 - 2)", "division_by_zero", "character 7")]
    [InlineData("5 % 0", "division_by_zero", "character 3")]
    [InlineData("0 ^ -1", "division_by_zero", "character 3")]
    [InlineData("1e308 * 10", "number_too_large", "character 7")]
    [InlineData("9 ^ 9 ^ 9", "number_too_large", "character 3")]
    [InlineData("exp(1000)", "number_too_large", "character 1")]
    [InlineData("1e999", "number_too_large", "character 1")]
    [InlineData("sqrt(-1)", "no_such_number", "character 1")]
    [InlineData("(-8) ^ 0.5", "no_such_number", "character 6")]
    [InlineData("log(0)", "no_such_number", "character 1")]
    [InlineData("log(2, 1)", "no_such_number", "base")]
    public async Task What_has_no_result_is_told_with_its_place(string expression, string code, string told)
    {
        var node = new NodeTest("Calculator").Set("expression", expression);
        var error = await node.FailsAsync();
        error.Code.ShouldBe(code);
        error.Message.ShouldContain(told);
        // Other values may have a result: validation lets it be.
        node.Problems().ShouldBeEmpty();
    }

    [Fact]
    public async Task Length_and_depth_are_bounded()
    {
        (await Failing(new string('(', 2000) + "1" + new string(')', 1999))).ShouldContain("100");
        (await Failing(new string('-', 3000) + "1")).ShouldContain("100");
        (await Failing("1" + string.Concat(Enumerable.Repeat("^1", 1000)))).ShouldContain("100");
        (await Failing("1" + string.Concat(Enumerable.Repeat("+1", 2000)))).ShouldContain("4,000");
        (await Failing($"min(1{string.Concat(Enumerable.Repeat(",1", 1000))})")).ShouldContain("1,000");
        (await new NodeTest("Calculator").Set("expression", "1" + string.Concat(Enumerable.Repeat("+1", 1999))).OutputAsync("number")).GetInt32().ShouldBe(2000);

        static async Task<string> Failing(string expression) => (await new NodeTest("Calculator").Set("expression", expression).FailsAsync()).Message;
    }

    [Fact]
    public async Task The_expression_can_come_from_the_flow() =>
        (await new NodeTest("Calculator").Set("expression", "1").In("expression", """{"text":"2+2","sender":"Machine"}""").OutputAsync("number")).GetInt32().ShouldBe(4);

    [Fact]
    public async Task Values_in_braces_come_from_data()
    {
        var node = new NodeTest("Calculator").Set("expression", "{order.price}^2 * {order.items[0].n} - {order.price}").In("data", """{"order":{"price":-1.5,"items":[{"n":"4"}]}}""");
        (await node.OutputAsync("number")).GetRawText().ShouldBe("10.5");
        node.Descriptor.ReadsPaths.ShouldNotBeNull()(node.Node).ShouldBe(["order.price", "order.items[0].n"]);
        (await new NodeTest("Calculator").Set("expression", "{data} + 1").In("data", "41").OutputAsync("number")).GetInt32().ShouldBe(42);
    }

    [Theory]
    [InlineData(null, "missing_input")]
    [InlineData("{}", "missing_value")]
    [InlineData("""{"a":null}""", "missing_value")]
    [InlineData("""{"a":"1+1"}""", "not_a_number")]
    [InlineData("""{"a":"NaN"}""", "not_a_number")]
    [InlineData("""{"a":[1]}""", "not_a_number")]
    public async Task A_value_that_is_no_number_is_named(string? data, string code)
    {
        var node = new NodeTest("Calculator").Set("expression", "2 * {a}");
        if (data is not null)
            node.In("data", data);
        var error = await node.FailsAsync();
        error.Code.ShouldBe(code);
        error.Message.ShouldContain("character 5");
        error.Message.ShouldContain("{a}");
        node.Problems().ShouldBeEmpty();
    }

    [Fact]
    public void An_expression_is_needed() =>
        NodeTest.Catalog.ShapeOf(new NodeTest("Calculator").Node).ShouldNotBeNull().Inputs.Single(i => i.Name == "expression").ShouldSatisfyAllConditions(i => i.Required.ShouldBeTrue());

    [Fact]
    public void Whatever_is_written_gives_a_number_or_an_error() => Prop.ForAll(Pieces.ListOf().ToArbitrary(), parts =>
    {
        try
        {
            double.IsFinite(Arithmetic.Evaluate(string.Concat(parts), static (_, _) => Figure.Of(3m)).ToDouble()).ShouldBeTrue();
        }
        catch (NodeException e)
        {
            e.Error.Remedy.ShouldNotBeEmpty();
        }
    }).Check(Often);

    [Fact]
    public void Sums_and_products_agree_with_decimal_arithmetic() => Prop.ForAll(Cases.ToArbitrary(), n =>
    {
        var expression = string.Create(CultureInfo.InvariantCulture, $"({n.A} + {n.B}) * {n.C} - {n.B} % {n.C}");
        var rest = n.B % n.C;
        var expected = (n.A + n.B) * n.C - (rest < 0 ? rest + n.C : rest);
        Arithmetic.Evaluate(expression, static (_, _) => default).ShouldBe(Figure.Of(expected));
    }).Check(Often);
}
