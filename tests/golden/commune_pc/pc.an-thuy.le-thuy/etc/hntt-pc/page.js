// Managed by commune_pc: changes made here are drift and are put back.
const hntt = {
 "page": "https://mcu-3.tinh.hntt.quangbinh.example:8089/static/room/index.html",
 "name": "An Th\u1ee7y",
 "site": "404552",
 "secret": "<secret:sip/pc.an-thuy.le-thuy>"
};
