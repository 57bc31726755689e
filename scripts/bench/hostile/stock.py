# libtorrent as it comes (Debian: python3-libtorrent), over TCP, as a node of the profile local has no uTP: fetches the torrents of a list from one peer, prints how many it has and after how many seconds.
import sys, tempfile, time
import libtorrent as lt

port, seconds, infohashes = int(sys.argv[1]), float(sys.argv[2]), sys.stdin.read().split()
session = lt.session({
    'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False,
    'enable_natpmp': False, 'enable_outgoing_utp': False, 'enable_incoming_utp': False, 'allow_multiple_connections_per_ip': True,
})
with tempfile.TemporaryDirectory() as folder:
    began = time.time()
    handles = []
    for infohash in infohashes:
        parameters = lt.parse_magnet_uri('magnet:?xt=urn:btih:' + infohash)
        parameters.save_path = folder
        parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        handle = session.add_torrent(parameters)
        handle.connect_peer(('127.0.0.1', port))
        handles.append(handle)
    done = 0
    while done < len(handles) and time.time() - began < seconds:
        time.sleep(0.2)
        done = sum(1 for status in session.get_torrent_status(lambda s: True) if status.is_seeding or status.is_finished)
    print(done, round(time.time() - began, 1))
    session.pause()
