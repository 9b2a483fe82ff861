// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.net.Configuration;
import dev.paravirt.toyos.net.Counter;
import dev.paravirt.toyos.net.NetworkException;
import dev.paravirt.toyos.net.NetworkStack;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The system calls about the network as a whole. */
final class NetworkCalls {
    private static final int MOST_PAYLOAD = 65_535;
    private static final Counter[] COUNTERS = Counter.values();

    private final @Nullable Network network;

    NetworkCalls(@Nullable Network network) {
        this.network = network;
    }

    private NetworkStack stack() throws SystemCallException {
        return Network.of(network).stack();
    }

    long resolve(UserMemory memory, String name, long address, long size) throws NetworkException, SystemCallException {
        memory.check(address, size);
        List<Integer> addresses = stack().resolve(name);
        int count = (int) Math.min(addresses.size(), size / Integer.BYTES);
        for (int i = 0; i < count; i++) {
            memory.putInt(address + (long) i * Integer.BYTES, addresses.get(i));
        }
        return count;
    }

    long ping(long address, long length, long timeout) throws NetworkException, SystemCallException {
        if (length < 0 || length > MOST_PAYLOAD) {
            throw new SystemCallException(Errno.MESSAGE_TOO_LONG);
        }
        long roundTrip = stack().ping(Network.address(address), (int) length, Network.timeout(timeout));
        if (roundTrip < 0) {
            throw new SystemCallException(Errno.TIMED_OUT);
        }
        return roundTrip;
    }

    long status(UserMemory memory, long address, long size) throws SystemCallException {
        memory.check(address, size);
        NetworkStack stack = stack();
        Configuration configuration = stack.configuration();
        List<Integer> servers = configuration.nameServers();
        long length = Layout.INTERFACE_SIZE + (long) servers.size() * Integer.BYTES;
        if (size < length) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        int flags =
                (stack.linkUp() ? Layout.INTERFACE_FLAG_UP : 0) | (stack.usesDhcp() ? Layout.INTERFACE_FLAG_DHCP : 0);
        memory.putLong(address + Layout.INTERFACE_MAC, stack.mac());
        memory.putInt(address + Layout.INTERFACE_ADDRESS, configuration.address());
        memory.putInt(address + Layout.INTERFACE_PREFIX, configuration.prefix());
        memory.putInt(address + Layout.INTERFACE_GATEWAY, configuration.gateway());
        memory.putInt(address + Layout.INTERFACE_MTU, stack.mtu());
        memory.putInt(address + Layout.INTERFACE_FLAGS, flags);
        memory.putInt(address + Layout.INTERFACE_NAME_SERVERS, servers.size());
        for (int i = 0; i < servers.size(); i++) {
            memory.putInt(address + Layout.INTERFACE_SIZE + (long) i * Integer.BYTES, servers.get(i));
        }
        return length;
    }

    long counter(UserMemory memory, long index, long address, long size) throws SystemCallException {
        memory.check(address, size);
        NetworkStack stack = stack();
        if (index < 0 || index >= COUNTERS.length) {
            return 0;
        }
        Counter counter = COUNTERS[(int) index];
        String name = counter.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        int length = memory.putText(
                address + Layout.COUNTER_NAME_LENGTH, address + Layout.COUNTER_NAME, name, address + size);
        memory.putLong(address + Layout.COUNTER_VALUE, stack.counters().get(counter));
        return Layout.COUNTER_NAME + (long) length;
    }
}
