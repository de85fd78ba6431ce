using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Benchmarks.Processes;

/// <summary>The least that ASP.NET Core can do with a POST: read the body and answer 202 with the same bytes. No routing, no logging, no storage.</summary>
static class EchoServer
{
    public const string Command = "echo-server";

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(EchoAsync);
        await app.StartAsync();
        Console.WriteLine($"Listening on {app.Urls.First()}");
        await app.WaitForShutdownAsync();
    }

    internal static async Task EchoAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        var read = await reader.ReadAsync(context.RequestAborted);
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync(context.RequestAborted);
        }
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = read.Buffer.Length;
        var length = checked((int)read.Buffer.Length);
        read.Buffer.CopyTo(context.Response.BodyWriter.GetSpan(length));
        context.Response.BodyWriter.Advance(length);
        reader.AdvanceTo(read.Buffer.End);
    }
}
