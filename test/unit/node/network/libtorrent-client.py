# libtorrent as it comes (Debian: python3-libtorrent): fetches or seeds one torrent until it is killed; on loopback only.
import sys, time
import libtorrent as lt

torrent, folder, port = sys.argv[1], sys.argv[2], sys.argv[3]
session = lt.session({
    'listen_interfaces': '127.0.0.1:' + port, 'outgoing_interfaces': '127.0.0.1', 'enable_dht': False, 'enable_lsd': False,
    'enable_upnp': False, 'enable_natpmp': False, 'allow_multiple_connections_per_ip': True,
})
parameters = lt.add_torrent_params()
parameters.ti = lt.torrent_info(torrent)
parameters.save_path = folder
session.add_torrent(parameters)
while True:
    time.sleep(1)
