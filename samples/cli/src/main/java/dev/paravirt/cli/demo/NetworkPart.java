// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.net.LearningSwitch;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.cli.toyos.FreshDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The network device's part of the demo: two guests on a switch in this process, of which one fetches the other's files. */
final class NetworkPart {
    private static final String SERVER_MAC = "52:54:00:00:00:01";
    private static final String CLIENT_MAC = "52:54:00:00:00:02";

    private final Progress progress;
    private final NetworkScript script;
    private final GuestConsole server = new GuestConsole(step -> {});
    private final GuestConsole client;

    NetworkPart(DemoSettings settings, Progress progress) {
        this.progress = progress;
        script = new NetworkScript(settings.seed(), settings.servedBytes());
        client = new GuestConsole(this::show);
    }

    /** Options are for the toy OS. */
    private void show(ReportLine step) {
        progress.at(
                BlockSteps.share(0, 100, step), "network: " + step.text("what").split(" -", 2)[0]);
    }

    List<Check> run(WorkFolder folder) throws IOException, InterruptedException {
        progress.now("booting two toy OSes on a switch");
        LearningSwitch ethernet = new LearningSwitch();
        try (Guest serving = boot(folder, "server", ethernet, SERVER_MAC, server, script.serverArguments());
                Guest fetching = boot(folder, "client", ethernet, CLIENT_MAC, client, script.clientArguments())) {
            // Neither need wait for one that is gone.
            CompletableFuture<Void> ends =
                    CompletableFuture.allOf(serving.onFailure(fetching::kill), fetching.onFailure(serving::kill));
            List<Check> checks = new ArrayList<>();
            checks.add(fetching.awaitEnd("network: the toy OS that fetched files powered off cleanly", 0));
            checks.add(serving.awaitEnd("network: the toy OS that served files powered off cleanly", 0));
            ends.join();
            checks.add(
                    server.checkCommands("network: all %d commands of the server succeeded", script.serverCommands()));
            checks.add(
                    client.checkCommands("network: all %d commands of the client succeeded", script.clientCommands()));
            checks.add(checkFiles("served", NetworkScript.SERVED, server));
            checks.add(checkFiles("fetched by HTTP", NetworkScript.FETCHED, client));
            checks.add(checkPings());
            checks.add(Check.that(
                    "network: throughput was measured by TCP and HTTP",
                    throughput().size() == 2,
                    "it was not reported"));
            if (checks.stream().allMatch(Check::holds)) {
                progress.line("  network     toy OS processes " + serving.pid() + " and " + fetching.pid()
                        + " on a switch: " + script.summary() + " fetched by HTTP");
            }
            return checks;
        }
    }

    private static Guest boot(
            WorkFolder folder,
            String name,
            LearningSwitch ethernet,
            String mac,
            GuestConsole console,
            List<String> arguments)
            throws IOException {
        List<VirtioDevice> devices = List.of(
                new BlockDevice(FreshDisk.create(), new BlockOptions().serial(Guest.ROOT_ID)),
                new NetDevice(ethernet.addPort(), new NetOptions(mac)));
        return Guest.boot(folder, name, devices, console, arguments);
    }

    private Check checkFiles(String what, String directory, GuestConsole reporter) {
        Map<String, FileDigest> reported = reporter.files();
        List<String> wrong = script.files().entrySet().stream()
                .filter(file -> !file.getValue().equals(reported.get(directory + "/" + file.getKey())))
                .map(Map.Entry::getKey)
                .toList();
        return Check.that(
                "network: " + script.summary() + " " + what + " have the checksums that the host computes",
                wrong.isEmpty(),
                "these differ or are missing: " + String.join(", ", wrong));
    }

    private Check checkPings() {
        List<ReportLine> pings = client.results("ping");
        long answered = pings.isEmpty() ? 0 : pings.getLast().number("received");
        return Check.that(
                "network: " + NetworkScript.PINGS + " pings were answered",
                answered == NetworkScript.PINGS,
                answered + " were");
    }

    /** Of what the client sent and received; none if it did not come so far. */
    List<ThroughputRow> throughput() {
        List<DeviceCount> counted = DeviceCount.of(client, "network");
        List<ReportLine> streams = client.results("netperf");
        List<ReportLine> downloads = client.results("download");
        if (counted.size() != NetworkScript.COUNTED || streams.isEmpty() || downloads.isEmpty()) {
            return List.of();
        }
        return List.of(
                row("TCP, guest to guest", streams.getLast(), counted.get(1).since(counted.get(0))),
                row(
                        "HTTP download, guest to guest",
                        downloads.getLast(),
                        counted.get(2).since(counted.get(1))));
    }

    private static ThroughputRow row(String what, ReportLine measured, DeviceCount count) {
        return ThroughputRow.of("network", what, measured.decimal("mbPerSecond"), "frame", count);
    }
}
