using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Works out an arithmetic expression; never runs code.</summary>
public sealed class Calculator : IComponent
{
    static readonly InputPort ExpressionIn = new("expression", PortType.Message, PortType.Number)
    {
        Required = true,
        Help = "What to work out, when that comes from the flow: a text such as 2 * (3 + 4).",
    };

    static readonly InputPort Data = new("data", PortType.Data, PortType.Table, PortType.Number, PortType.Message)
    {
        Help = "Where the expression's {order.total} come from; {data} is the whole value.",
    };

    static readonly TextField Expression = Field.Template("expression",
        "What to work out: + - * / % (remainder) ^ (power), ( ), sqrt abs min max round floor ceil log ln exp sin cos tan, pi and e; {order.total} for a value of Data.") with
    {
        Placeholder = "{order.total} * 1.2",
        ToolParameter = true,
    };

    static readonly OutputPort Result = new("result", PortType.Data) { Help = "The result as Data: {\"result\": 7}." };
    static readonly OutputPort Number = new("number", PortType.Number) { Help = "The result as a number." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Calculator", "Calculator", Category.Shape, Effects.Pure, "Works out an expression: exact with decimals, in words when something can't be.")
        {
            Inputs = [ExpressionIn, Data],
            Fields = [Expression],
            Outputs = [Result, Number],
            Highlights = ["expression"],
            Check = Check,
            ReadsPaths = node => Paths(NodeSettings.Text(node, Expression)),
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var data = node.Input(Data);
        var result = Arithmetic.Evaluate(node.Text(ExpressionIn, Expression), (path, place) => NumberAt(data, path, place));
        var outputs = new List<PortValue>(2) { new(Result.Name, JsonText.Element(result.ToJson(), Write)) };
        if (node.Wants(Number))
            outputs.Add(new(Number.Name, result.ToJson()));
        return ValueTask.FromResult(NodeResult.Of(outputs));
    }

    static void Write(Utf8JsonWriter json, JsonElement result)
    {
        json.WriteStartObject();
        json.WritePropertyName("result"u8);
        result.WriteTo(json);
        json.WriteEndObject();
    }

    static Figure NumberAt(JsonElement? data, ValuePath path, int place)
    {
        var at = $"At character {place} of the expression: ";
        if (data is not { } value)
            throw new NodeException("missing_input", $"{at}{{{path.Text}}} has no value, as nothing is connected to {Data.Title}.", "Draw an edge to it, or write a number.");
        var found = path.Find(value);
        if (found.ValueKind is JsonValueKind.Undefined && path.Text is "data")
            found = value;
        if (ChatMessage.IsMessage(found))
            found = found.GetProperty("text"u8);
        if (Figure.TryRead(found, out var figure))
            return figure;
        throw found.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
            ? new NodeException("missing_value", $"{at}{{{path.Text}}} is not there.", "Correct the path, or see why the value is missing.")
            : new NodeException("not_a_number", $"{at}{{{path.Text}}} is '{Excerpt.Of(JsonText.Of(found), 60)}', which is not a number.", "Take a value that is a number, written as 12.5.");
    }

    static IEnumerable<FlowProblem> Check(Node node)
    {
        var text = NodeSettings.Text(node, Expression);
        if (text.Length == 0)
            return [];
        try
        {
            Arithmetic.Evaluate(text, static (_, _) => Figure.Of(1m));
        }
        catch (NodeException e) when (e.Error.Code == Arithmetic.Invalid)
        {
            return [NodeSettings.Invalid(node, Expression.Name, $"{node.Label}: {e.Error.Message}", e.Error.Remedy)];
        }
        catch (NodeException)
        {
            // With other values it may have a result: only the run can tell.
        }
        return [];
    }

    static IEnumerable<string> Paths(string text)
    {
        var paths = new List<string>();
        try
        {
            Arithmetic.Evaluate(text, (path, _) =>
            {
                paths.Add(path.Text);
                return Figure.Of(1m);
            });
        }
        catch (NodeException)
        {
            // What was read until there is what is known.
        }
        return paths.Distinct(StringComparer.Ordinal);
    }
}
