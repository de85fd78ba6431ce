using FlowStudio.Engine.Questions;
using FlowStudio.Web.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace FlowStudio.Web.Api;

/// <summary>Whole addresses of links to questions, for those who send them on.</summary>
sealed class QuestionLinkAddresses(QuestionLinks links, WebOptions options, IServer server)
{
    /// <summary>Under <see cref="WebOptions.PublicUrl"/>, else under the address that the caller used, or that the server listens on.</summary>
    public string Of(Guid questionId, HttpRequest? request) => $"{Root(request)}{QuestionLinks.Path}{links.Token(questionId)}";

    string Root(HttpRequest? request)
    {
        if (options.PublicUrl.Length > 0)
            return options.PublicUrl.TrimEnd('/');
        if (request is not null)
            return $"{request.Scheme}://{request.Host}";
        return StartReport.Url(server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []).TrimEnd('/');
    }
}
