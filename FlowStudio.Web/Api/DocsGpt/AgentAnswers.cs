using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Web.Api.DocsGpt;

/// <summary>DocsGPT's answers: <c>{"success":false,"message":"…"}</c> for whatever is refused.</summary>
static partial class AgentAnswers
{
    static readonly TimeSpan LittleLater = TimeSpan.FromSeconds(5);

    public static Task RefuseAsync(HttpContext context, int status, string message, TimeSpan? retryAfter = null)
    {
        if (retryAfter is { } wait)
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var redacted = context.RequestServices.GetRequiredService<SecretRedactor>().Redact(message);
        return WriteAsync(context, status, redacted, static (json, text) =>
        {
            json.WriteBoolean("success"u8, value: false);
            json.WriteString("message"u8, text);
        });
    }

    /// <summary>Answers with a JSON object of these members.</summary>
    public static Task WriteAsync<T>(HttpContext context, int status, T state, Action<Utf8JsonWriter, T> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, JsonText.Relaxed))
        {
            json.WriteStartObject();
            members(json, state);
            json.WriteEndObject();
        }
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.ContentLength = buffer.WrittenCount;
        return response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).AsTask();
    }

    /// <summary>Does the work of an endpoint, and says in DocsGPT's words why it could not.</summary>
    public static async Task TryAsync(HttpContext context, ILogger logger, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
        catch (ApiException e) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, e.Status, e.Message, e.RetryAfter);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? "The body is larger than this server takes (setting FlowStudio:Intake:MaxBodyBytes)." : "The request is not valid HTTP.");
        }
        catch (StorageException e) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, e.Message, LittleLater);
        }
        catch (IOException) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "The request's body could not be read.");
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Failed(logger, e);
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, "Error processing webhook");
        }
    }

    /// <summary>Without the path: it has the flow's token.</summary>
    [LoggerMessage(EventId = 5200, Level = LogLevel.Error, Message = "A call of an agent failed for a reason nobody foresaw")]
    static partial void Failed(ILogger logger, Exception exception);
}
