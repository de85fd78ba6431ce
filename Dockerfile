# syntax=docker/dockerfile:1

# Builds from the public registries. Node 20 is needed for the assets only and stays behind.
FROM node:20-bookworm-slim AS node

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && node --version && npm --version
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /src

# Packages first, so that a change of the code alone does not fetch them again.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY FlowStudio.Engine/FlowStudio.Engine.csproj FlowStudio.Engine/
COPY FlowStudio.Web/FlowStudio.Web.csproj FlowStudio.Web/
COPY FlowStudio.Web/Build FlowStudio.Web/Build
RUN dotnet restore FlowStudio.Web -p:UseOfficialBlazorScript=true
COPY wwwroot-assets/package.json wwwroot-assets/package-lock.json wwwroot-assets/
RUN cd wwwroot-assets && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

COPY .editorconfig BannedSymbols.txt ./
COPY wwwroot-assets wwwroot-assets
COPY FlowStudio.Engine FlowStudio.Engine
COPY FlowStudio.Web FlowStudio.Web
RUN dotnet publish FlowStudio.Web -c Release --no-restore -p:UseOfficialBlazorScript=true -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app ./
# The data's place belongs to the image's own unprivileged user; a new named volume takes that over.
RUN install -d -m 700 -o "$APP_UID" -g "$APP_UID" /data
ENV ASPNETCORE_URLS=http://0.0.0.0:7860 \
    FlowStudio__DataDirectory=/data \
    FlowStudio__Access__AllowNonLoopback=true
# The access token: FlowStudio__Access__Token (16 characters or more), or else one is made and printed once, at the first start.
USER $APP_UID
VOLUME /data
EXPOSE 7860
# The image has no curl; bash can open a connection itself.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7860 && printf 'GET /health/live HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == 'HTTP/1.1 200'* ]]"]
# SIGTERM drains: give it 20 s for runs at work and 10 s to close (docker stop --time 40, Compose: stop_grace_period: 40s).
# A run that is cut short loses nothing: it goes on at the next start.
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "FlowStudio.Web.dll"]
