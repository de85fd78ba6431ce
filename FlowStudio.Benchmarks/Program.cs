using System.Runtime.InteropServices;
using FlowStudio.Benchmarks.Canvas;
using FlowStudio.Benchmarks.History;
using FlowStudio.Benchmarks.Processes;
using FlowStudio.Benchmarks.Streams;
using FlowStudio.Benchmarks.Viewers;

namespace FlowStudio.Benchmarks;

static class Program
{
    static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        switch (args)
        {
            case ["server" or "history" or "viewers" or "canvas" or "streams", .. var rest]:
                // Both ways of being told to stop leave no child process behind.
                using (PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop))
                using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop))
                    return args[0] switch
                    {
                        "server" => await ServerBenchmark.RunAsync(rest, stop.Token),
                        "history" => await HistoryBenchmark.RunAsync(rest, stop.Token),
                        "streams" => await StreamsBenchmark.RunAsync(rest, stop.Token),
                        "canvas" => await CanvasBenchmark.RunAsync(rest, stop.Token),
                        _ => await ViewersBenchmark.RunAsync(rest, stop.Token),
                    };
            case ["micro", .. var rest]:
                return Micro.MicroBenchmark.Run(rest);
            case [EchoServer.Command]:
                await EchoServer.RunAsync();
                return 0;
            case [StubServer.Command]:
                await StubServer.RunAsync();
                return 0;
            default:
                Console.Error.WriteLine($"Unknown benchmark '{string.Join(' ', args)}'. Say: server, history, viewers, canvas, streams or micro");
                return 2;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
