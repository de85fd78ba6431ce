using FlowStudio.Engine.Journal;

namespace FlowStudio.Web.Api;

/// <summary>Turns what an endpoint throws into an answer: what the caller did wrong, that the database cannot now, or that something broke here.</summary>
sealed partial class Failures(RequestDelegate next, ILogger<Failures> logger)
{
    static readonly TimeSpan LittleLater = TimeSpan.FromSeconds(5);

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
        catch (ApiException e) when (!context.Response.HasStarted)
        {
            await ErrorAnswers.WriteAsync(context, e.Status, e.Code, e.Message, e.RetryAfter, e.Problems, e.Place, e.More);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            var tooLarge = e.StatusCode == StatusCodes.Status413PayloadTooLarge;
            await ErrorAnswers.WriteAsync(context, e.StatusCode, tooLarge ? "body_too_large" : "bad_request",
                tooLarge ? "The body is larger than this server takes (setting FlowStudio:Intake:MaxBodyBytes)." : "The request is not valid HTTP.");
        }
        catch (StorageException e) when (!context.Response.HasStarted)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, e.Code, e.Message, LittleLater);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            // Kestrel reports a chunk whose size overflows as a plain I/O failure.
            if (e is IOException { InnerException: OverflowException })
            {
                await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_request", "The request is not valid HTTP.");
                return;
            }
            Failed(logger, context.Request.Method, context.Request.Path, e);
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status500InternalServerError, "internal_error",
                "Something went wrong in the server; its log has the details.");
        }
    }

    [LoggerMessage(EventId = 5000, Level = LogLevel.Error, Message = "{Method} {Path} failed for a reason nobody foresaw")]
    static partial void Failed(ILogger logger, string method, PathString path, Exception exception);
}
