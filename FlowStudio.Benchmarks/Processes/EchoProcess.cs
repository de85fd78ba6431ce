using System.Reflection;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>The bare echo as its own process, run with the server's own runtime settings (garbage collector, tiering) so that its rate is the server's ceiling.</summary>
sealed class EchoProcess() : ChildProcess(
    "echo",
    ["exec", "--runtimeconfig", ServerProcess.RuntimeConfiguration, Assembly.GetExecutingAssembly().Location, EchoServer.Command],
    ServerProcess.CommonEnvironment);
