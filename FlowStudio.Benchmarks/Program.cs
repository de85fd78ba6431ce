namespace FlowStudio.Benchmarks;

static class Program
{
    static int Main(string[] args)
    {
        Console.Error.WriteLine($"Unknown benchmark '{string.Join(' ', args)}'. Say: server");
        return 2;
    }
}
