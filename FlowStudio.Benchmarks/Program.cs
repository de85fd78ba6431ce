using FlowStudio.Benchmarks.Processes;

namespace FlowStudio.Benchmarks;

static class Program
{
    static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        switch (args)
        {
            case ["server", .. var rest]:
                Console.CancelKeyPress += (_, pressed) =>
                {
                    pressed.Cancel = true;
                    stop.Cancel();
                };
                return await ServerBenchmark.RunAsync(rest, stop.Token);
            case [EchoServer.Command]:
                await EchoServer.RunAsync();
                return 0;
            case [StubServer.Command]:
                await StubServer.RunAsync();
                return 0;
            default:
                Console.Error.WriteLine($"Unknown benchmark '{string.Join(' ', args)}'. Say: server");
                return 2;
        }
    }
}
