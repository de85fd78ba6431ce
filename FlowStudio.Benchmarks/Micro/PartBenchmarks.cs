using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Benchmarks.Micro;

/// <summary>Templates: what every Data to Message and Prompt does.</summary>
public class TemplateBenchmarks
{
    const string Text = "Order {order.id} of {customer.name}: {items[0].name} and {items[1].name}, paid {payment.status}. {{not a value}} {missing}";

    static readonly JsonElement Data = JsonSerializer.SerializeToElement(new
    {
        order = new { id = 4711 },
        customer = new { name = "Ada Lovelace" },
        items = new[] { new { name = "Lamp" }, new { name = "Chair" } },
        payment = new { status = "paid" },
    });

    readonly TextTemplate parsed = TemplateParser.Parse(Text);

    [Benchmark(Description = "Template: parse, 6 values")]
    public object Parse() => TemplateParser.Parse(Text);

    [Benchmark(Description = "Template: fill, 6 values")]
    public string Fill() => parsed.Fill(Data);
}

/// <summary>The gate for all JSON that comes in.</summary>
public class JsonCheckBenchmarks
{
    byte[] json = [];

    [Params(1, 64)]
    public int Kibibytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var orders = Enumerable.Range(0, Kibibytes * 12).Select(i => new { id = i, name = "Ada \u00E9 Lovelace", price = 12.5, tags = new[] { "a", "b" }, paid = true });
        json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(orders))[..];
    }

    [Benchmark(Description = "JSON checked and read")]
    public JsonFlaw Read() => JsonCheck.Read(json, out _);
}

/// <summary>What is wrong with a flow, asked at every save and every start of an unknown one.</summary>
public class ValidatorBenchmarks : IDisposable
{
    readonly MicroEngine engine = new();
    FlowValidator? validator;
    FlowDocument document = new();

    [Params(20, 200)]
    public int Nodes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        validator = engine.Get<FlowValidator>();
        document = Documents.Chain(Nodes);
        if (validator.Validate(document) is [var problem, ..])
            throw new InvalidOperationException(problem.Message);
    }

    [Benchmark(Description = "Flow validated, nodes")]
    public object? Validate() => validator?.Validate(document);

    [GlobalCleanup]
    public void Dispose()
    {
        engine.Dispose();
        GC.SuppressFinalize(this);
    }
}
